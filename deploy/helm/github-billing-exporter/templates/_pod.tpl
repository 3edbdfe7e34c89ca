{{- /* Pod template of the Deployment or the StatefulSet. */ -}}
{{- define "github-billing-exporter.pod" -}}
{{- $folder := include "github-billing-exporter.folder" . -}}
{{- $state := and .Values.state.enabled (not .Values.demo) -}}
{{- $secret := include "github-billing-exporter.credentialSecret" . -}}
metadata:
  labels:
    {{- $labels := include "github-billing-exporter.selectorLabels" . | fromYaml -}}
    {{- merge $labels .Values.podLabels .Values.commonLabels | toYaml | nindent 4 }}
  {{- $annotations := dict -}}
  {{- with .Values.config }}{{ $annotations = dict "checksum/config" (toYaml . | sha256sum) }}{{ end }}
  {{- with merge $annotations .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  {{- include "github-billing-exporter.podDefaults" . | nindent 2 }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.hostAliases }}
  hostAliases:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.dnsPolicy }}
  dnsPolicy: {{ . }}
  {{- end }}
  {{- with .Values.dnsConfig }}
  dnsConfig:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.extraInitContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: exporter
      image: {{ include "github-billing-exporter.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - {{ ternary "demo" "run" .Values.demo }}
        - --web.listen-address=:9877
        {{- if .Values.webConfig.existingSecret }}
        - --web.config.file={{ $folder }}/web/{{ .Values.webConfig.key }}
        {{- end }}
        {{- if not .Values.demo }}
        {{- include "github-billing-exporter.accountArgs" . | nindent 8 }}
        {{- end }}
        {{- if $state }}
        - --state.file=/var/lib/github-billing-exporter/state
        {{- end }}
        {{- range .Values.extraArgs }}
        - {{ . | quote }}
        {{- end }}
      {{- $env := list -}}
      {{- if gt (int .Values.shards) 1 -}}
      {{- $index := dict "fieldRef" (dict "fieldPath" "metadata.labels['apps.kubernetes.io/pod-index']") -}}
      {{- $env = list
            (dict "name" "POD_INDEX" "valueFrom" $index)
            (dict "name" "GITHUB_BILLING_SHARD" "value" (printf "$(POD_INDEX)/%d" (int .Values.shards))) -}}
      {{- end }}
      {{- with concat $env .Values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: metrics
          containerPort: 9877
      {{- range list (list . "livenessProbe" "/healthz") (list . "readinessProbe" "/readyz") (list . "startupProbe" "/healthz") }}
      {{- with include "github-billing-exporter.probe" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- end }}
      {{- with .Values.resources }}
      resources:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.securityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- $mounts := list -}}
      {{- $volumes := list -}}
      {{- if and .Values.config (not .Values.demo) -}}
      {{- $mounts = append $mounts (dict "name" "config" "mountPath" (printf "%s/config" $folder) "readOnly" true) -}}
      {{- $volumes = append $volumes (dict "name" "config" "configMap" (dict "name" (include "github-billing-exporter.fullname" .))) -}}
      {{- end -}}
      {{- if and $secret (not .Values.demo) -}}
      {{- $item := dict "key" .Values.github.tokenKey "path" "token" -}}
      {{- if .Values.github.appId }}{{ $item = dict "key" .Values.github.appPrivateKeyKey "path" "private-key.pem" }}{{ end -}}
      {{- $mounts = append $mounts (dict "name" "credential" "mountPath" (printf "%s/credential" $folder) "readOnly" true) -}}
      {{- $volumes = append $volumes (dict "name" "credential" "secret" (dict "secretName" $secret "defaultMode" 288 "items" (list $item))) -}}
      {{- end -}}
      {{- with .Values.webConfig.existingSecret -}}
      {{- $mounts = append $mounts (dict "name" "web" "mountPath" (printf "%s/web" $folder) "readOnly" true) -}}
      {{- $volumes = append $volumes (dict "name" "web" "secret" (dict "secretName" . "defaultMode" 288)) -}}
      {{- end -}}
      {{- if $state -}}
      {{- $mounts = append $mounts (dict "name" "state" "mountPath" "/var/lib/github-billing-exporter") -}}
      {{- if not .Values.state.persistence.enabled -}}
      {{- $volumes = append $volumes (dict "name" "state" "emptyDir" dict) -}}
      {{- else if le (int .Values.shards) 1 -}}
      {{- $claim := dict "claimName" (default (printf "%s-state" (include "github-billing-exporter.fullname" .)) .Values.state.persistence.existingClaim) -}}
      {{- $volumes = append $volumes (dict "name" "state" "persistentVolumeClaim" $claim) -}}
      {{- end -}}
      {{- end }}
      {{- with concat $mounts .Values.extraVolumeMounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with concat $volumes .Values.extraVolumes }}
  volumes:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
