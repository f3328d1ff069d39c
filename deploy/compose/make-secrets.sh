#!/bin/sh
# Makes the secrets that compose.yaml refers to; what is there already stays as it is.
#   sh deploy/compose/make-secrets.sh
set -eu

cd "$(dirname "$0")"
# Nobody else may enter the folder. Its files can be read by all, since the processes in the
# containers, which get them one by one, have other numbers than whoever runs this.
mkdir -p secrets
chmod 700 secrets
umask 022

random() {
    od -An -N "$1" -tx1 /dev/urandom | tr -d ' \n'
}

# A file appears whole or not at all.
put() {
    if [ ! -e "secrets/$1" ]; then
        cat > "secrets/.$1"
        mv "secrets/.$1" "secrets/$1"
        echo "Made secrets/$1"
    fi
}

for name in postgres_password catalog_password prefect_password web_token; do
    random 32 | put "$name"
done

if [ ! -e secrets/s3_credentials ] || [ ! -e secrets/s3_identities ]; then
    key=$(random 10)
    secret=$(random 32)
    rm -f secrets/s3_credentials secrets/s3_identities
    put s3_credentials << END
[default]
aws_access_key_id = $key
aws_secret_access_key = $secret
END
    put s3_identities << END
{"identities": [{
  "name": "menagerie",
  "credentials": [{"accessKey": "$key", "secretKey": "$secret"}],
  "actions": ["Admin", "Read", "List", "Write"]
}]}
END
fi

put flickr_api_key < /dev/null
if [ ! -s secrets/flickr_api_key ]; then
    echo "Put your key of Flickr's API into secrets/flickr_api_key, if you crawl Flickr."
fi
