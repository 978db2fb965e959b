#!/usr/bin/env bash
# Uploads a file and downloads a report about it, over REST.
#   ADDRESS=http://127.0.0.1:8000 EMAIL=... PASSWORD=... examples/generate_report.sh orders.csv "How did revenue develop?"
set -euo pipefail
: "${ADDRESS:?}" "${EMAIL:?}" "${PASSWORD:?}"
file=$1 question=${2:-}
field() { python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
json() { python3 -c 'import json,sys; print(json.dumps(dict(pair.split("=", 1) for pair in sys.argv[1:])))' "$@"; }

access=$(json email="$EMAIL" password="$PASSWORD" |
  curl -sf "$ADDRESS/api/auth/login/" -H 'content-type: application/json' -d @- | field access)
source=$(curl -sf "$ADDRESS/api/data-sources/" -H "authorization: Bearer $access" \
  -F "name=$(basename "$file")" -F "file=@$file" | field id)
report=$(python3 -c 'import json,sys; print(json.dumps({"name": "Report", "data_source_ids": [sys.argv[1]], "question": sys.argv[2]}))' \
  "$source" "$question" |
  curl -sf "$ADDRESS/api/v1/reports/generate/" -H "authorization: Bearer $access" -H 'content-type: application/json' \
    -H "idempotency-key: $source" -d @- | field id)
curl -sfOJ "$ADDRESS/api/v1/reports/$report/download/" -H "authorization: Bearer $access"
echo "report $report"
