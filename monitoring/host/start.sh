#!/bin/bash
# Starts what watches the round, on Amazon Linux. /etc/monitoring.env says which
# round it is; everything listens on loopback but the pages' server.
#
# It runs at each boot, and again after a step that failed: a step that was taken
# is left as it is. First comes what the bot asks, then what only people look at,
# so that a page that does not come up keeps nobody from the round.
set -euo pipefail
set -a
# shellcheck source=/dev/null
. /etc/monitoring.env
set +a
here=$(cd "$(dirname "$0")" && pwd)
umask 077
trap 'echo "monitoring: line $LINENO of start.sh failed, all of it is tried again" >&2' ERR

# again COMMAND...: a download may fail for a minute.
again() {
  local pause
  for pause in 2 5 10 20 40; do
    if "$@"; then return; fi
    echo "monitoring: $1 $2 failed, it is tried again in $pause s" >&2
    sleep "$pause"
  done
  "$@"
}

# answers URL: within five minutes.
answers() {
  local try
  for try in $(seq 60); do
    if curl -sf -m 10 -o /dev/null "$1"; then return; fi
    sleep 5
  done
  echo "monitoring: $1 did not answer $try times" >&2
  return 1
}

secret() { again aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

again dnf install -y -q --setopt=retries=10 docker nginx openssl
echo 'vm.max_map_count = 262144' >/etc/sysctl.d/99-monitoring.conf # which Elasticsearch wants
systemctl restart systemd-sysctl
systemctl enable -q --now docker

# The login and the certificate of the pages, which leave this host by their
# secret alone. Both last for as long as the host does.
install -d -m 755 /etc/monitoring # the pages' server looks for its login there
cd /etc/monitoring
if ! openssl x509 -checkend 86400 -noout -in certificate.pem >/dev/null 2>&1; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=monitoring of $ROUND" \
    -addext "subjectAltName=IP:$ADDRESS" -keyout key.pem -out certificate.new 2>/dev/null
  mv certificate.new certificate.pem
fi
if [ ! -s password ]; then
  openssl rand -hex 20 >password.new
  mv password.new password
fi
printf 'chaotic:%s\n' "$(openssl passwd -apr1 -stdin <password)" >login
chgrp nginx login
chmod 640 login
python3 - <<'END' >login.json
import json
print(json.dumps({"username": "chaotic", "password": open("password").read().strip(), "certificate": open("certificate.pem").read()}))
END
# A host that boots again has nothing new to say. A young secret has no value yet.
if [ "$(aws secretsmanager get-secret-value --secret-id "$LOGIN_SECRET" --query SecretString --output text 2>/dev/null)" != "$(cat login.json)" ]; then
  again aws secretsmanager put-secret-value --secret-id "$LOGIN_SECRET" --secret-string file://login.json >/dev/null
fi
rm login.json

# The pages' server comes with its certificate and login, before what is behind
# it. Its unit would give up after one failure.
(
  umask 022
  mkdir -p /srv/runbooks /etc/systemd/system/nginx.service.d
  cp -r "$here/runbooks/." /srv/runbooks/
  cp "$here/nginx.conf" /etc/nginx/nginx.conf
  printf '[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=on-failure\nRestartSec=5\n' >/etc/systemd/system/nginx.service.d/again.conf
)
nginx -t -q
systemctl daemon-reload
systemctl enable -q nginx
systemctl reload-or-restart nginx

# What the containers read. They run as users of their own.
umask 022
mkdir -p /srv/{prometheus/rules,prometheus/targets,alertmanager,grafana,filebeat}
cp "$here/prometheus.yml" /srv/prometheus/
cp "$here/alertmanager.yml" /srv/alertmanager/
cp -r "$here/grafana/." /srv/grafana/
cp "$here/filebeat.yml" /srv/filebeat/
if [ ! -e /srv/prometheus/rules/rules.yml ]; then # rules that are in force stay so
  sed "s|https://address.invalid|https://$ADDRESS|" "$here/rules.yml" >/srv/prometheus/rules.wait
fi
for job in shop visitors; do
  if [ ! -e "/srv/prometheus/targets/$job.json" ]; then echo '[]' >"/srv/prometheus/targets/$job.json"; fi
done
if [ "$ALERTS" = webhook ]; then
  token=$(secret "$WEBHOOK_SECRET" | field token)
  (umask 077 && printf %s "$token" >/srv/alertmanager/token.new)
  chown 65534 /srv/alertmanager/token.new # the user of Alertmanager's image
  chmod 400 /srv/alertmanager/token.new
  mv /srv/alertmanager/token.new /srv/alertmanager/token
fi
(
  umask 077
  secret "$OPERATOR_SECRET" >operator.json
  {
    echo "DATA_SOURCE_URI=$DATABASE_HOST:$DATABASE_PORT/$DATABASE_NAME?sslmode=require"
    echo "DATA_SOURCE_USER=$(field username <operator.json)"
    echo "DATA_SOURCE_PASS=$(field password <operator.json)"
  } >exporter.env
  rm operator.json
)

# run NAME IMAGE OPTION... -- ARGUMENT...: one that was made so already is only
# started. Docker checks what it pulls, and starts its containers again by itself,
# after a crash and after a boot. What they must keep is in volumes.
run() {
  local name=$1 image=$2 spec options=()
  spec=$(printf '%s\n' "$@" | sha256sum | cut -c1-12)
  shift 2
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  if [ "$(docker container inspect -f '{{.Config.Labels.spec}}' "$name" 2>/dev/null)" = "$spec" ]; then
    docker start "$name" >/dev/null
    return
  fi
  if ! docker image inspect "$image" >/dev/null 2>&1; then again docker pull -q "$image"; fi
  docker rm -f "$name" >/dev/null 2>&1 || true
  docker run -d --name "$name" --label "spec=$spec" --network host --restart unless-stopped \
    --log-opt max-size=10m --log-opt max-file=2 "${options[@]}" "$image" "$@"
}

again docker info >/dev/null
run alertmanager prom/alertmanager:v0.28.1 --memory 256m -v alertmanager:/alertmanager -v /srv/alertmanager:/etc/alertmanager:ro -- \
  --config.file=/etc/alertmanager/alertmanager.yml --storage.path=/alertmanager --web.listen-address=127.0.0.1:9093 \
  --cluster.listen-address= --web.external-url="https://$ADDRESS/alertmanager"
run prometheus prom/prometheus:v3.2.1 --memory 768m -v prometheus:/prometheus -v /srv/prometheus:/etc/prometheus:ro -- \
  --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus --web.listen-address=127.0.0.1:9090 \
  --web.enable-lifecycle --web.external-url="https://$ADDRESS/prometheus"
answers http://127.0.0.1:9093/alertmanager/-/ready
answers http://127.0.0.1:9090/prometheus/-/ready

cat >/etc/systemd/system/targets.service <<END
[Unit]
Description=Tells Prometheus which tasks there are
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
EnvironmentFile=/etc/monitoring.env
ExecStart=/bin/bash $here/targets.sh /srv/prometheus
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
END
systemctl daemon-reload
systemctl enable -q --now targets

run postgres_exporter prometheuscommunity/postgres-exporter:v0.17.1 --memory 128m --env-file exporter.env -- --web.listen-address=127.0.0.1:9187
# Whoever has the pages' login looks at Grafana without another, and changes
# nothing: it has no users at all.
run grafana grafana/grafana:11.6.0 --memory 512m -v grafana:/var/lib/grafana -v /srv/grafana:/etc/grafana/provisioning:ro \
  -e GF_SERVER_HTTP_ADDR=127.0.0.1 -e GF_SERVER_ROOT_URL="https://$ADDRESS/grafana" -e GF_SERVER_SERVE_FROM_SUB_PATH=true \
  -e GF_AUTH_ANONYMOUS_ENABLED=true -e GF_AUTH_ANONYMOUS_ORG_ROLE=Viewer -e GF_AUTH_DISABLE_LOGIN_FORM=true -e GF_AUTH_BASIC_ENABLED=false \
  -e GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION=true -e GF_PLUGINS_PREINSTALL_DISABLED=true \
  -e GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH=/etc/grafana/provisioning/dashboards/shop.json \
  -e GF_ANALYTICS_REPORTING_ENABLED=false -e GF_ANALYTICS_CHECK_FOR_UPDATES=false --

# What searches the logs is large and slow to come. Together the limits leave a
# fifth of 8 GiB to the system.
run elasticsearch elasticsearch:8.17.4 --memory 3g --ulimit nofile=65535:65535 -v elasticsearch:/usr/share/elasticsearch/data \
  -e discovery.type=single-node -e xpack.security.enabled=false -e network.host=127.0.0.1 -e ES_JAVA_OPTS='-Xms1536m -Xmx1536m' --
answers 'http://127.0.0.1:9200/_cluster/health?wait_for_status=yellow&timeout=5s'
run filebeat elastic/filebeat:8.17.4 --memory 384m -v filebeat:/usr/share/filebeat/data \
  -v /srv/filebeat/filebeat.yml:/usr/share/filebeat/filebeat.yml:ro \
  -e AWS_REGION -e LOG_GROUPS -e LOG_DATABASE -e LOGS_QUEUE -- -e --strict.perms=false
run kibana kibana:8.17.4 --memory 1536m -e NODE_OPTIONS=--max-old-space-size=1024 -e SERVER_HOST=127.0.0.1 -e SERVER_BASEPATH=/kibana \
  -e SERVER_REWRITEBASEPATH=true -e SERVER_PUBLICBASEURL="https://$ADDRESS/kibana" -e TELEMETRY_OPTIN=false \
  -e ELASTICSEARCH_HOSTS=http://127.0.0.1:9200 --
answers http://127.0.0.1:5601/kibana/api/status

# Kibana's list of logs. A page that finds none chosen would choose one itself,
# which the pages' server does not let it.
choose() { again curl -sf -m 30 -o /dev/null -H 'kbn-xsrf: true' -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:5601/kibana/api/data_views/$1"; }
choose data_view '{"override": true, "data_view": {"id": "logs", "title": "filebeat-*", "name": "Logs", "timeFieldName": "@timestamp"}}'
choose default '{"force": true, "data_view_id": "logs"}'
echo "monitoring: all of it runs"
