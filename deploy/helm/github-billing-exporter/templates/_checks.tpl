{{- /* Fails if values contradict each other or required ones are missing. */ -}}
{{- define "github-billing-exporter.checks" -}}
{{- $github := .Values.github -}}
{{- if and $github.existingSecret (or $github.token $github.appPrivateKey) -}}
{{- fail "github.existingSecret and github.token or github.appPrivateKey contradict each other: remove one" -}}
{{- end -}}
{{- if and $github.token (or $github.appId $github.appPrivateKey) -}}
{{- fail "github.token and github.appId or github.appPrivateKey contradict each other: use a token or an App" -}}
{{- end -}}
{{- if and $github.appPrivateKey (not $github.appId) -}}
{{- fail "github.appPrivateKey needs github.appId, the App ID or client ID" -}}
{{- end -}}
{{- if and $github.appId (not (include "github-billing-exporter.credentialSecret" .)) -}}
{{- fail "github.appId needs the App's private key: set github.existingSecret to the Secret that contains it" -}}
{{- end -}}
{{- if not .Values.demo -}}
{{- include "github-billing-exporter.checkMissing" . -}}
{{- end -}}
{{- include "github-billing-exporter.checkConfig" . -}}
{{- if and (gt (int .Values.shards) 1) .Values.state.persistence.enabled .Values.state.persistence.existingClaim -}}
{{- fail "state.persistence.existingClaim and shards > 1 contradict each other: shards cannot share a state file; remove existingClaim to create a claim for each shard" -}}
{{- end -}}
{{- if and .Values.state.persistence.enabled (not .Values.state.enabled) -}}
{{- fail "state.persistence.enabled needs state.enabled" -}}
{{- end -}}
{{- with .Values.dashboards -}}
{{- if and .grafanaOperator.enabled (not .enabled) -}}
{{- fail "dashboards.grafanaOperator.enabled needs dashboards.enabled, as a GrafanaDashboard refers to the ConfigMap" -}}
{{- end -}}
{{- if and .grafanaOperator.enabled (not .grafanaOperator.matchLabels) -}}
{{- fail "dashboards.grafanaOperator.matchLabels is empty: set it to labels of your Grafana, for example dashboards=grafana" -}}
{{- end -}}
{{- end -}}
{{- if and (gt (int .Values.shards) 1) .Values.demo -}}
{{- fail "demo and shards > 1 contradict each other: the demo is one pod" -}}
{{- end -}}
{{- with .Values.serviceMonitor -}}
{{- if gt (include "github-billing-exporter.milliseconds" .interval | int64) 120000 -}}
{{- fail (printf "serviceMonitor.interval %s is longer than 2m: the recorded series would have gaps, at which alerts start over, as Prometheus uses a sample for at most 5m; a scrape sends no requests to GitHub, whose interval is config.poll.interval" .interval) -}}
{{- end -}}
{{- if gt (include "github-billing-exporter.milliseconds" .scrapeTimeout | int64) (include "github-billing-exporter.milliseconds" .interval | int64) -}}
{{- fail (printf "serviceMonitor.scrapeTimeout %s is longer than serviceMonitor.interval %s, which Prometheus does not allow" .scrapeTimeout .interval) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.webConfig.tls (not .Values.webConfig.existingSecret) -}}
{{- fail "webConfig.tls needs webConfig.existingSecret, the Secret with the web configuration file and the certificate" -}}
{{- end -}}
{{- if not (or .Values.global.imageRegistry .Values.image.registry (contains "/" .Values.image.repository) (eq .Values.image.pullPolicy "Never")) -}}
{{- fail (printf "no image registry: no image is published yet, so build one, push it to your registry and set image.registry; for an image %s that is already on the nodes, set image.pullPolicy=Never" (include "github-billing-exporter.image" .)) -}}
{{- end -}}
{{- end -}}

{{- /* Accounts and credentials may be set in config, variables or arguments. The chart cannot read extraEnvFrom. */ -}}
{{- define "github-billing-exporter.checkMissing" -}}
{{- $config := .Values.config -}}
{{- $given := list -}}
{{- range .Values.extraEnv }}{{ $given = append $given .name }}{{ end -}}
{{- range .Values.extraArgs }}{{ $given = append $given (regexReplaceAll "=.*" (toString .) "") }}{{ end -}}
{{- $elsewhere := or .Values.extraEnvFrom (has "--config.file" $given) (has "GITHUB_BILLING_CONFIG_FILE" $given) -}}

{{- $credential := or $elsewhere (include "github-billing-exporter.credentialSecret" .) $config.credentials -}}
{{- range list "token_file" "app_private_key_file" -}}
{{- $credential = or $credential (dig "github" . "" $config) -}}
{{- end -}}
{{- range list "GITHUB_TOKEN" "GITHUB_BILLING_TOKEN" "GITHUB_BILLING_TOKEN_FILE" "GITHUB_BILLING_APP_PRIVATE_KEY" "GITHUB_BILLING_APP_PRIVATE_KEY_FILE" "--github.token-file" "--github.app-private-key-file" -}}
{{- $credential = or $credential (has . $given) -}}
{{- end -}}
{{- if not $credential -}}
{{- fail "no credential: set github.existingSecret to a Secret with a token (its key is github.tokenKey, by default token), or try the demo with demo=true" -}}
{{- end -}}

{{- $account := or $elsewhere $config.organizations $config.users $config.enterprises $config.accounts (dig "discover" "enabled" false $config) -}}
{{- range $config.credentials }}{{ $account = or $account .discover }}{{ end -}}
{{- range list "GITHUB_BILLING_ORGANIZATIONS" "GITHUB_BILLING_USERS" "GITHUB_BILLING_ENTERPRISES" "GITHUB_BILLING_DISCOVER" "--organization" "--user" "--enterprise" "--discover" -}}
{{- $account = or $account (has . $given) -}}
{{- end -}}
{{- if not $account -}}
{{- fail "no account to watch: set config.organizations, config.users or config.enterprises, or config.discover.enabled for all that the credential can see" -}}
{{- end -}}
{{- end -}}

{{- /* Keys of the configuration file that the chart sets, or that would put a secret into a ConfigMap. */ -}}
{{- define "github-billing-exporter.checkConfig" -}}
{{- $config := .Values.config -}}
{{- range $key, $instead := dict
      "github.token" "github.existingSecret, as config becomes a ConfigMap"
      "github.app_private_key" "github.existingSecret, as config becomes a ConfigMap"
      "shard" "shards"
      "state.file" "state"
      "web.listen_address" "service.port, as the pods listen on 9877"
      "web.config" "webConfig" -}}
{{- $value := $config -}}
{{- range splitList "." $key }}{{ $value = get (default dict $value) . }}{{ end -}}
{{- if $value -}}
{{- fail (printf "config.%s must not be set: use %s" $key $instead) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* Milliseconds of a Prometheus duration such as 1m30s. */ -}}
{{- define "github-billing-exporter.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 "d" 86400000 "w" 604800000 "y" 31536000000 -}}
{{- $sum := 0 -}}
{{- range regexFindAll "[0-9]+(ms|[smhdwy])" . -1 -}}
{{- $sum = add $sum (mul (regexFind "[0-9]+" .) (get $units (regexFind "[a-z]+" .))) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
