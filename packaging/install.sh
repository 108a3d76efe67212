#!/bin/sh
# Installs the published program that this folder is part of as a service of systemd, or updates it: sudo ./packaging/install.sh
# Options, keys, models and data stay as they are. A silo that runs goes on with the program that it was started with, which is kept
# as /opt/e2llm.before until the next update, and takes the new one up when it is restarted.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
published=$(dirname "$here")
program=/opt/e2llm options=/etc/e2llm data=/var/lib/e2llm unit=/etc/systemd/system/e2llm.service

[ "$(id -u)" = 0 ] || { echo "install.sh: it writes to $program, $options and $unit: run it as root (sudo)" >&2; exit 1; }
[ -x "$published/e2llm" ] || { echo "install.sh: there is no program e2llm in $published: run it from the folder that 'dotnet publish src/Cli' has made" >&2; exit 1; }

id e2llm >/dev/null 2>&1 || useradd --system --user-group --home-dir "$data" --no-create-home --shell /usr/sbin/nologin e2llm
install -d -m 0700 -o e2llm -g e2llm "$data"

# The service's user reads certificates and keys; the options, which hold passwords, are read by systemd alone.
install -d -m 0750 -o root -g e2llm "$options"
[ -e "$options/e2llm.env" ] || printf '# A line for each option: E2LLM__Silo__Name=attic\n' > "$options/e2llm.env"
chown root:root "$options/e2llm.env"
chmod 0600 "$options/e2llm.env"
for file in "$options"/*.pem "$options"/*.key; do
    if [ -e "$file" ]; then
        chown root:e2llm "$file"
        chmod 0640 "$file"
    fi
done

if [ "$published" != "$program" ]; then
    rm -rf "$program.new" "$program.before"
    cp -r "$published" "$program.new"
    chown -R root:root "$program.new"
    chmod -R go=u-w "$program.new"
    [ ! -e "$program" ] || mv "$program" "$program.before"
    mv "$program.new" "$program"
fi

install -D -m 0644 "$program/packaging/e2llm.service" "$unit"
if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable --quiet e2llm
fi
echo "Installed in $program. Options: $options/e2llm.env. Start it, or take the new program up: systemctl restart e2llm"
