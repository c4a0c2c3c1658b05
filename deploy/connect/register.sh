#!/bin/sh
# Registers every connector of this folder with Kafka Connect; registering again changes nothing.
set -eu

if [ "${TIDEGATE_CAPTURE:-on}" != off ]; then
  echo 'connect: Tidegate captures the source itself, and two writers must not both write the topics.' >&2
  echo 'connect: start with TIDEGATE_CAPTURE=off docker compose --profile debezium up' >&2
  exit 1
fi

for file in /connectors/*.json; do
  name=$(basename "$file" .json)
  curl -fsS --retry 10 --retry-delay 2 --retry-connrefused -o /dev/null -X PUT \
    -H 'content-type: application/json' --data-binary "@$file" \
    "http://connect:8083/connectors/$name/config"
  echo "connect: $name is registered"
done
