#!/bin/bash
# Starts what watches the round, on a fresh Amazon Linux. /etc/monitoring.env
# says which round it is; everything listens on loopback but the pages' server.
set -euo pipefail
set -a
# shellcheck source=/dev/null
. /etc/monitoring.env
set +a
here=$(cd "$(dirname "$0")" && pwd)
umask 077

dnf install -y -q docker nginx openssl
sysctl -q -w vm.max_map_count=262144 # which Elasticsearch wants
systemctl enable -q --now docker

secret() { aws secretsmanager get-secret-value --secret-id "$1" --query SecretString --output text; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

# The login and the certificate of the pages, which leave this host by their
# secret alone.
install -d -m 755 /etc/monitoring # the pages' server looks for its login there
cd /etc/monitoring
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=monitoring of $ROUND" \
  -addext "subjectAltName=IP:$ADDRESS" -keyout key.pem -out certificate.pem 2>/dev/null
openssl rand -hex 20 >password
printf 'chaotic:%s\n' "$(openssl passwd -apr1 -stdin <password)" >login
chgrp nginx login
chmod 640 login
python3 - <<'END' >login.json
import json
print(json.dumps({"username": "chaotic", "password": open("password").read().strip(), "certificate": open("certificate.pem").read()}))
END
aws secretsmanager put-secret-value --secret-id "$LOGIN_SECRET" --secret-string file://login.json >/dev/null
rm login.json password

# What the containers read. They run as users of their own.
umask 022
mkdir -p /srv/{prometheus/rules,prometheus/targets,alertmanager,grafana,filebeat}
cp "$here/prometheus.yml" /srv/prometheus/
cp "$here/alertmanager.yml" /srv/alertmanager/
cp -r "$here/grafana/." /srv/grafana/
cp "$here/filebeat.yml" /srv/filebeat/
sed "s|https://address.invalid|https://$ADDRESS|" "$here/rules.yml" >/srv/prometheus/rules.wait
echo '[]' | tee /srv/prometheus/targets/shop.json >/srv/prometheus/targets/visitors.json
if [ "$ALERTS" = webhook ]; then
  secret "$WEBHOOK_SECRET" | field token | tr -d '\n' >/srv/alertmanager/token
  chown 65534 /srv/alertmanager/token # the user of Alertmanager's image
  chmod 400 /srv/alertmanager/token
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

run() { docker run -d --name "$1" --network host --restart unless-stopped --log-opt max-size=10m --log-opt max-file=2 "${@:2}"; }

run elasticsearch -e discovery.type=single-node -e xpack.security.enabled=false -e network.host=127.0.0.1 \
  -e ES_JAVA_OPTS='-Xms2g -Xmx2g' elasticsearch:8.17.4
run kibana -e SERVER_HOST=127.0.0.1 -e SERVER_BASEPATH=/kibana -e SERVER_REWRITEBASEPATH=true \
  -e ELASTICSEARCH_HOSTS=http://127.0.0.1:9200 kibana:8.17.4
run filebeat -v /srv/filebeat/filebeat.yml:/usr/share/filebeat/filebeat.yml:ro \
  -e AWS_REGION -e LOG_GROUPS -e LOG_DATABASE -e LOGS_QUEUE elastic/filebeat:8.17.4 -e --strict.perms=false
run alertmanager -v /srv/alertmanager:/etc/alertmanager:ro prom/alertmanager:v0.28.1 \
  --config.file=/etc/alertmanager/alertmanager.yml --web.listen-address=127.0.0.1:9093 --cluster.listen-address= \
  --web.external-url="https://$ADDRESS/alertmanager"
run prometheus -v /srv/prometheus:/etc/prometheus:ro prom/prometheus:v3.2.1 \
  --config.file=/etc/prometheus/prometheus.yml --web.listen-address=127.0.0.1:9090 --web.enable-lifecycle \
  --web.external-url="https://$ADDRESS/prometheus"
run postgres_exporter --env-file exporter.env prometheuscommunity/postgres-exporter:v0.17.1 --web.listen-address=127.0.0.1:9187
run grafana -v /srv/grafana:/etc/grafana/provisioning:ro -e GF_SERVER_HTTP_ADDR=127.0.0.1 \
  -e GF_SERVER_ROOT_URL="https://$ADDRESS/grafana" -e GF_SERVER_SERVE_FROM_SUB_PATH=true -e GF_AUTH_ANONYMOUS_ENABLED=true \
  -e GF_AUTH_DISABLE_LOGIN_FORM=true -e GF_ANALYTICS_REPORTING_ENABLED=false grafana/grafana:11.6.0
rm exporter.env

cp "$here/nginx.conf" /etc/nginx/nginx.conf
mkdir -p /srv/runbooks
cp -r "$here/runbooks/." /srv/runbooks/
systemctl enable -q --now nginx

cat >/etc/systemd/system/targets.service <<END
[Unit]
Description=Tells Prometheus which tasks there are

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

# Kibana takes a minute or two; its list of logs is made once.
for _ in $(seq 60); do
  if curl -sf -o /dev/null -X POST http://127.0.0.1:5601/kibana/api/data_views/data_view \
    -H 'kbn-xsrf: true' -H 'Content-Type: application/json' \
    -d '{"override": true, "data_view": {"title": "filebeat-*", "name": "Logs", "timeFieldName": "@timestamp"}}'; then break; fi
  sleep 5
done
