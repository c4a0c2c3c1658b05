#!/bin/sh
# Registers every connector of this folder with Kafka Connect and waits until it runs; registering again changes
# nothing.
#
#   CONNECT_URL      where Connect answers (http://connect:8083, as in docker-compose.yml)
#   CONNECT_SECONDS  how long a connector may take to run (60)
set -eu

CONNECT_URL=${CONNECT_URL:-http://connect:8083}
LEFT=${CONNECT_SECONDS:-60}

if [ "${TIDEGATE_CAPTURE:-on}" != off ]; then
  echo 'connect: Tidegate captures the source itself, and two writers must not both write the topics.' >&2
  echo 'connect: start with TIDEGATE_CAPTURE=off docker compose --profile debezium up' >&2
  exit 1
fi

# The answer, then its status code: what Connect finds wrong is in the answer.
ask() {
  curl -sS --retry 10 --retry-delay 2 --retry-connrefused -w ' %{http_code}' "$@"
}

wait_or_fail() {
  [ "$LEFT" -gt 0 ] || fail "$1"
  LEFT=$((LEFT - 1))
  sleep 1
}

fail() {
  echo "connect: $name $*" >&2
  exit 1
}

for file in "$(dirname "$0")"/*.json; do
  name=$(basename "$file" .json)
  connector=$CONNECT_URL/connectors/$name
  while :; do
    answer=$(ask -X PUT -H 'content-type: application/json' --data-binary "@$file" "$connector/config")
    case $answer in
      *' 200' | *' 201') break ;;
      # Workers agree on who does what, as they do after each start.
      *' 409') wait_or_fail "cannot be registered: $answer" ;;
      *) fail "is refused: $answer" ;;
    esac
  done
  failures=0
  while :; do
    answer=$(ask "$connector/status")
    case $answer in
      *'"state":"FAILED"'*)
        # Perhaps with the configuration it had before, or of something that has passed: it is started once more.
        [ "$failures" != 0 ] || ask -o /dev/null -X POST "$connector/restart?includeTasks=true&onlyFailed=true" >/dev/null
        failures=$((failures + 1))
        [ "$failures" -lt 5 ] && wait_or_fail "failed: $answer" || fail "failed: $answer"
        ;;
      *'"tasks":[{'*'"state":"RUNNING"'*) break ;;
      *) wait_or_fail "does not run: $answer" ;;
    esac
  done
  echo "connect: $name is registered and runs"
done
