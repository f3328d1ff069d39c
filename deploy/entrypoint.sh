#!/bin/sh
# Runs a command with secrets that lie in files: NAME_FILE names the file that holds NAME.
# An empty file is a secret that nobody has set.
set -eu

for name in FLICKR_API_KEY FLICKR_API_SECRET MENAGERIE_WEBHOOK_URL PGPASSWORD; do
    eval "file=\${${name}_FILE:-}"
    if [ -z "$file" ]; then
        continue
    fi
    if [ ! -r "$file" ]; then
        echo "The secret $name cannot be read. Put it into a file that user $(id -u) may read" \
            "(received ${name}_FILE=$file)." >&2
        exit 2
    fi
    value=$(cat "$file")
    if [ -n "$value" ]; then
        export "$name=$value"
    fi
    unset "${name}_FILE"
done

exec "$@"
