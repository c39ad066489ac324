{{- define "prestop.labels" -}}
app.kubernetes.io/name: prestop-controller
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
