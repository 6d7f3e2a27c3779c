# shellcheck shell=bash disable=SC2154
# SPDX-License-Identifier: Apache-2.0
#
# The servers of the sample, for scripts/record-sample. They end with their namespaces.

serve() { # HOST PORT COMMAND...: starts the command and waits until it listens
  local tries=0
  inside "$1" "${@:3}" >>"$work/log" 2>&1 &
  until inside "$1" ss -Hlntu "sport = :$2" | grep -q .; do
    ((++tries < 50)) || fail "no server came up on port $2 of $1"
    sleep 0.1
  done
}

web_content() {
  mkdir "$work/www"
  printf '<p>A weir is the low wall across a river at which its flow is measured.</p>\n%.0s' {1..30} \
    >"$work/www/index.html"
  printf 'p.n%d { margin: 1em }\n' {1..60} >"$work/www/style.css"
  openssl rand 5000 >"$work/www/logo.png"
  openssl rand 200000 >"$work/www/large.bin"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj /CN=www.example.org -addext subjectAltName=DNS:www.example.org \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
}

serve_web() { # HOST
  cat >"$work/$1.conf" <<END
user root;
worker_processes 1;
pid $work/$1.pid;
events {}
http {
  access_log off;
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_certificate $work/cert.pem;
  ssl_certificate_key $work/key.pem;
  server {
    listen 80;
    listen [::]:80;
    listen 443 ssl http2;
    listen [::]:443 ssl http2;
    root $work/www;
  }
}
END
  serve "$1" 80 nginx -e stderr -c "$work/$1.conf" -g 'daemon off;'
}

# The text record is larger than a frame: truncated and asked again over TCP, or sent in fragments,
# as the client's buffer size has it.
serve_dns() {
  local text
  text=$(printf 'weir %.0s' {1..500})
  serve dns 53 dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --pid-file= \
    --no-resolv --no-hosts --local=/example.org/ --edns-packet-max=4096 \
    --host-record=www.example.org,198.51.100.80,2001:db8:2::80 \
    --mx-host=example.org,www.example.org,10 --txt-record="text.example.org,$text"
}

serve_ssh() {
  mkdir -p /run/sshd
  ssh-keygen -q -t ed25519 -N '' -C sample -f "$work/ssh_key"
  cat >"$work/sshd.conf" <<END
HostKey $work/ssh_key
AuthorizedKeysFile $work/ssh_key.pub
StrictModes no
UsePAM yes
PermitRootLogin yes
PidFile none
ForceCommand env -i PATH=/usr/bin:/bin PS1='\$ ' sh
END
  serve server 22 /usr/sbin/sshd -D -e -f "$work/sshd.conf"
}

servers_start() {
  local name
  web_content
  for name in web server hv2; do
    serve_web $name
  done
  serve_dns
  serve_ssh
  serve bulk 5201 iperf3 --server
}
