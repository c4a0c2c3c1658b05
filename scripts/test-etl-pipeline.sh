#!/usr/bin/env bash
# Tests the whole pipeline, from a change in MySQL to the warehouse's tables: insert, update, delete, a hundred
# rows at once, then the run, the lag and the seeds' queries. Ends with 0 when everything held, else with 1.
#
#   scripts/test-etl-pipeline.sh            what runs here: `npm start` of this home, else docker compose; where
#                                           neither runs, compose is started, or `npm start` without an engine
#   scripts/test-etl-pipeline.sh compose    docker compose, started if need be
#   scripts/test-etl-pipeline.sh local      `npm start`, started for the test if need be
#
# TIDEGATE_HOME names the home of `npm start`. TIDEGATE_TEST_SECONDS: how long a change may take (30).
set -uo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

HOME_FOLDER=${TIDEGATE_HOME:-.tidegate}
PATIENCE=${TIDEGATE_TEST_SECONDS:-30}
FAILED=0
STARTED=

say() { printf '%s\n' "$*"; }
ok() { printf '  ok    %s\n' "$*"; }
fail() {
  printf '  FAIL  %s\n' "$*"
  FAILED=$((FAILED + 1))
}
die() {
  printf 'test-etl-pipeline: %s\n' "$*" >&2
  exit 1
}

compose_answers() { command -v docker >/dev/null && docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; }
compose_runs() { compose_answers && [ -n "$(docker compose ps --status running -q api 2>/dev/null)" ]; }
home_runs() { [ -f "$HOME_FOLDER/run.json" ]; }

choose_mode() {
  if home_runs; then
    echo local
  elif compose_answers; then
    echo compose
  else
    echo local
  fi
}

start_compose() {
  compose_answers || die 'docker compose does not answer: start the engine, or use `npm start`'
  compose_runs && return
  say 'Starting docker compose (the first time it builds, some minutes) …'
  docker compose up -d --build --wait || die 'not every service became healthy: docker compose ps; docker compose logs'
}

start_local() {
  home_runs && return
  say "Starting \`npm start\` in $HOME_FOLDER for this test …"
  mkdir -p "$HOME_FOLDER"
  node scripts/start.mjs >"$HOME_FOLDER/test-etl-pipeline.log" 2>&1 &
  STARTED=$!
  trap 'kill -TERM "$STARTED" 2>/dev/null; wait "$STARTED"' EXIT
  for _ in $(seq 600); do
    home_runs && return
    kill -0 "$STARTED" 2>/dev/null || die "it ended: $(tail -5 "$HOME_FOLDER/test-etl-pipeline.log")"
    sleep 0.5
  done
  die "it is not ready after five minutes: see $HOME_FOLDER/test-etl-pipeline.log"
}

# What a home of `npm start` uses: the addresses of the environment, else its own servers.
local_url() {
  local named=$1 server=$2 url=$3 port
  if [ -n "$named" ]; then
    echo "$named"
    return
  fi
  port=$(node -p "JSON.parse(require('fs').readFileSync('$HOME_FOLDER/ports.json')).$server ?? ''")
  [ -n "$port" ] && printf "$url\n" "$port"
}

source_sql() {
  if [ "$MODE" = compose ]; then
    docker compose exec -T mysql mysql --user=debezium --password=dbz -N -B -e "$1" bankdb 2>/dev/null
  else
    node scripts/run-sql.mjs "$SOURCE_URL" "$1"
  fi
}

warehouse_sql() {
  if [ "$MODE" = compose ]; then
    docker compose exec -T postgres psql --username=dwuser --dbname=bankdw -At -F $'\t' -c "$1"
  else
    node scripts/run-sql.mjs "$WAREHOUSE_URL" "$1"
  fi
}

tidegate() {
  if [ "$MODE" = compose ]; then
    docker compose exec -T api tidegate "$@"
  elif [ -f cli/dist/main.js ]; then
    TIDEGATE_HOME=$HOME_FOLDER node cli/dist/main.js "$@"
  else
    TIDEGATE_HOME=$HOME_FOLDER node --conditions=source --import tsx cli/src/main.ts "$@"
  fi
}

# expect <what> <statement on the warehouse> <expected answer>: asks until it is so.
expect() {
  local what=$1 statement=$2 expected=$3 answer='' began=$(now)
  while :; do
    answer=$(warehouse_sql "$statement" 2>&1)
    if [ "$answer" = "$expected" ]; then
      ok "$what ($(seconds_since "$began") s)"
      return
    fi
    if awk "BEGIN { exit !($(now) - $began > $PATIENCE) }"; then
      fail "$what: '$answer' after $PATIENCE s, expected '$expected'"
      return
    fi
    sleep 0.2
  done
}

# Seconds; an older bash counts whole ones.
now() { echo "${EPOCHREALTIME:-$(date +%s)}"; }
seconds_since() { awk "BEGIN { printf \"%.1f\", $(now) - $1 }"; }

change() {
  source_sql "$1" >/dev/null || fail "the source refused: $1"
}

MODE=${1:-$(choose_mode)}
case $MODE in
  compose) start_compose ;;
  local) start_local ;;
  *) die "'$MODE' is neither compose nor local" ;;
esac
if [ "$MODE" = local ]; then
  WAREHOUSE_URL=$(local_url "${TIDEGATE_CONN_BANKDW:-}" postgres 'postgres://dwuser:dwpassword@127.0.0.1:%s/bankdw')
  SOURCE_URL=$(local_url "${TIDEGATE_CONN_BANKDB:-}" mysql 'mysql://debezium:dbz@127.0.0.1:%s/bankdb')
  [ -n "$SOURCE_URL" ] || die 'this home has no MySQL but the built-in sample feed: install MariaDB, or set TIDEGATE_CONN_BANKDB'
fi

say "1. Services ($MODE)"
if source_sql 'select 1' >/dev/null; then ok 'MySQL answers'; else fail 'MySQL does not answer'; fi
if warehouse_sql 'select 1' >/dev/null; then ok 'PostgreSQL answers'; else fail 'PostgreSQL does not answer'; fi
if tidegate dags list -o plain | grep -q '^bank_accounts'; then
  ok 'Tidegate answers and has the DAG bank_accounts'
else
  fail 'Tidegate does not answer, or lacks the DAG bank_accounts'
fi
[ "$FAILED" = 0 ] || die 'the pipeline cannot be tested while its services are away'

# A user nobody else has: other changes may go on meanwhile.
USER_ID=$((900000000 + RANDOM * 32768 + RANDOM))

say "2. INSERT (user $USER_ID)"
change "insert into bank_accounts (user_id, account) values ($USER_ID, 'Test Bank 123-456-789')"
ID=$(source_sql "select id from bank_accounts where user_id = $USER_ID")
expect 'history has the insert' \
  "select operation_type, account from bank_accounts_history where original_id = $ID" \
  $'INSERT\tTest Bank 123-456-789'
expect 'current has the row' \
  "select account from bank_accounts_current where original_id = $ID" 'Test Bank 123-456-789'
expect 'statistics count it' "select account_count from user_account_stats where user_id = $USER_ID" 1

say '3. UPDATE'
change "update bank_accounts set account = 'Updated Bank 987-654-321' where id = $ID"
expect 'history has insert and update' \
  "select string_agg(operation_type, ' ' order by history_id) from bank_accounts_history where original_id = $ID" \
  'INSERT UPDATE'
expect 'current has the new account' \
  "select account from bank_accounts_current where original_id = $ID" 'Updated Bank 987-654-321'

say '4. DELETE'
change "delete from bank_accounts where id = $ID"
expect 'history has all three' \
  "select string_agg(operation_type, ' ' order by history_id) from bank_accounts_history where original_id = $ID" \
  'INSERT UPDATE DELETE'
expect 'current has it no more' "select count(*) from bank_accounts_current where original_id = $ID" 0
expect 'statistics have the user no more' "select count(*) from user_account_stats where user_id = $USER_ID" 0

say '5. A hundred rows at once'
ROWS=$(for number in $(seq 100); do printf "%s(%d, 'Bulk %d')" "$([ "$number" = 1 ] || echo ,)" "$USER_ID" "$number"; done)
change "insert into bank_accounts (user_id, account) values $ROWS"
expect 'current has them all' "select count(*) from bank_accounts_current where user_id = $USER_ID" 100
expect 'statistics count them' "select account_count from user_account_stats where user_id = $USER_ID" 100
change "delete from bank_accounts where user_id = $USER_ID"
expect 'all are gone again' "select count(*) from bank_accounts_current where user_id = $USER_ID" 0
expect 'history kept every change' \
  "select count(*) from bank_accounts_history where user_id = $USER_ID or original_id = $ID" 203

say '6. Runs and lag'
tidegate runs list bank_accounts -n 3 || fail 'runs cannot be listed'
tidegate streams lag || fail 'the lag cannot be read'

say '7. The warehouse'
say '   SELECT * FROM bank_accounts_history ORDER BY change_timestamp DESC LIMIT 3'
warehouse_sql 'SELECT original_id, user_id, account, operation_type, change_timestamp FROM bank_accounts_history ORDER BY change_timestamp DESC LIMIT 3'
say '   SELECT * FROM user_account_stats LIMIT 3'
warehouse_sql 'SELECT * FROM user_account_stats ORDER BY user_id LIMIT 3'

if [ "$FAILED" = 0 ]; then
  say 'The pipeline works.'
else
  say "$FAILED checks failed."
  exit 1
fi
