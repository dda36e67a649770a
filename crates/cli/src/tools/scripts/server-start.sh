#!/bin/sh
# Starts a node. With -daemon it goes on in the background, its output in kafkaServer.out under LOG_DIR or logs.
ottla=@OTTLA@
if [ $# -lt 1 ]; then
  echo "USAGE: $0 [-daemon] server.properties [--override property=value]*"
  exit 1
fi
daemon=
while :; do
  case "$1" in
    -daemon) daemon=yes; shift ;;
    -loggc) shift ;;
    -name) shift; shift ;;
    *) break ;;
  esac
done
if [ -z "$daemon" ]; then
  exec "${OTTLA:-$ottla}" kafka-server-start "$@"
fi
logs=${LOG_DIR:-$(dirname "$0")/../logs}
mkdir -p "$logs" || exit 1
nohup "${OTTLA:-$ottla}" kafka-server-start "$@" > "$logs/kafkaServer.out" 2>&1 < /dev/null &
