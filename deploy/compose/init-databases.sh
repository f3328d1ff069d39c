#!/bin/sh
# PostgreSQL runs this once, when its volume is empty: a database and a role for the catalog, and
# for Prefect, neither of which can read the other's.
set -eu
secrets=$(dirname "$POSTGRES_PASSWORD_FILE")

make_database() {
    # Over standard input: what stands in arguments can be seen by everybody on the machine.
    psql --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres << END
\set name $1
\set password \`cat "$secrets/$2"\`
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE :"name" FROM PUBLIC;
END
}

make_database menagerie catalog_password
make_database prefect prefect_password
