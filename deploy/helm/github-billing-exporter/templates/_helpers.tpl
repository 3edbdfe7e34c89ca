{{- define "github-billing-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- /* At most 52 characters: Kubernetes appends a hash to a StatefulSet's name in a label. */ -}}
{{- define "github-billing-exporter.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if .Values.fullnameOverride -}}
{{- $name = .Values.fullnameOverride -}}
{{- else if not (contains $name .Release.Name) -}}
{{- $name = printf "%s-%s" .Release.Name $name -}}
{{- else -}}
{{- $name = .Release.Name -}}
{{- end -}}
{{- $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- /* Labels that select all objects of the release; never a version. */ -}}
{{- define "github-billing-exporter.identity" -}}
app.kubernetes.io/name: {{ include "github-billing-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "github-billing-exporter.selectorLabels" -}}
{{ include "github-billing-exporter.identity" . }}
app.kubernetes.io/component: exporter
{{- end -}}

{{- define "github-billing-exporter.testLabels" -}}
{{ include "github-billing-exporter.identity" . }}
app.kubernetes.io/component: test
{{- end -}}

{{- define "github-billing-exporter.labels" -}}
{{- $own := dict
      "app.kubernetes.io/version" .Chart.AppVersion
      "app.kubernetes.io/managed-by" .Release.Service
      "app.kubernetes.io/part-of" .Chart.Name
      "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_") -}}
{{- merge $own (include "github-billing-exporter.identity" . | fromYaml) .Values.commonLabels | toYaml -}}
{{- end -}}

{{- define "github-billing-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- /* Metadata of an object: dict "root" $, and optionally "suffix", "namespace", "labels", "annotations". */ -}}
{{- define "github-billing-exporter.metadata" -}}
name: {{ include "github-billing-exporter.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ default (include "github-billing-exporter.namespace" .root) .namespace }}
labels:
  {{- merge (include "github-billing-exporter.labels" .root | fromYaml) (default dict .labels) | toYaml | nindent 2 }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "github-billing-exporter.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "github-billing-exporter.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "github-billing-exporter.image" -}}
{{- with .Values.global.imageRegistry | default .Values.image.registry }}{{ . }}/{{ end -}}
{{- .Values.image.repository -}}
{{- if .Values.image.digest -}}
@{{ .Values.image.digest }}
{{- else -}}
:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "github-billing-exporter.credentialSecret" -}}
{{- if .Values.github.existingSecret -}}
{{ .Values.github.existingSecret }}
{{- else if or .Values.github.token .Values.github.appPrivateKey -}}
{{ include "github-billing-exporter.fullname" . }}-credential
{{- end -}}
{{- end -}}

{{- /* Folder of the files that the pod mounts. */ -}}
{{- define "github-billing-exporter.folder" -}}
/etc/github-billing-exporter
{{- end -}}

{{- /* Arguments with the accounts and the credential, for the commands run and check. */ -}}
{{- define "github-billing-exporter.accountArgs" -}}
{{- $folder := include "github-billing-exporter.folder" . -}}
{{- $args := list -}}
{{- if .Values.config -}}
{{- $args = append $args (printf "--config.file=%s/config/config.yaml" $folder) -}}
{{- end -}}
{{- if .Values.github.appId -}}
{{- $args = append $args (printf "--github.app-id=%s" (include "github-billing-exporter.digits" .Values.github.appId)) -}}
{{- $args = append $args (printf "--github.app-private-key-file=%s/credential/private-key.pem" $folder) -}}
{{- else if include "github-billing-exporter.credentialSecret" . -}}
{{- $args = append $args (printf "--github.token-file=%s/credential/token" $folder) -}}
{{- end -}}
{{- with $args }}{{ toYaml . }}{{ end -}}
{{- end -}}

{{- /* Claim of the state file of the pod or of each shard. */ -}}
{{- define "github-billing-exporter.claimSpec" -}}
{{- with .Values.state.persistence -}}
accessModes:
  {{- toYaml .accessModes | nindent 2 }}
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources:
  requests:
    storage: {{ .size }}
{{- end -}}
{{- end -}}

{{- /* Digits of an integer: Helm reads it from a file as a float, 1.234567e+06. */ -}}
{{- define "github-billing-exporter.digits" -}}
{{- if kindIs "string" . }}{{ . }}{{ else }}{{ int64 . }}{{ end -}}
{{- end -}}

{{- define "github-billing-exporter.scheme" -}}
{{- ternary "https" "http" .Values.webConfig.tls -}}
{{- end -}}

{{- /* A probe: github-billing-exporter.probe (list $ "name" "path"); the user's handler replaces the default. */ -}}
{{- define "github-billing-exporter.probe" -}}
{{- $root := index . 0 -}}
{{- with get $root.Values (index . 1) -}}
{{- $handler := dict "path" (index $ 2) "port" "metrics" "scheme" (include "github-billing-exporter.scheme" $root | upper) -}}
{{- $probe := . -}}
{{- if not (or .exec .httpGet .tcpSocket .grpc) -}}
{{- $probe = merge (dict "httpGet" $handler) . -}}
{{- end -}}
{{ index $ 1 }}:
  {{- toYaml $probe | nindent 2 }}
{{- end -}}
{{- end -}}

{{- /* Shared by all pods of the chart. */ -}}
{{- define "github-billing-exporter.podDefaults" -}}
serviceAccountName: {{ include "github-billing-exporter.serviceAccountName" . }}
automountServiceAccountToken: false
# Service variables may have the prefix of the exporter's, which rejects unknown ones.
enableServiceLinks: false
{{- $secrets := list -}}
{{- range concat .Values.global.imagePullSecrets .Values.imagePullSecrets -}}
{{- $secrets = append $secrets (kindIs "string" . | ternary (dict "name" .) .) -}}
{{- end }}
{{- with uniq $secrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.podSecurityContext }}
securityContext:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}
