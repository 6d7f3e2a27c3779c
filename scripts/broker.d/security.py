# SPDX-License-Identifier: Apache-2.0
"""TLS and SASL of one broker: certificates and passwords in its state directory, and the properties for them.

Files: ca.pem and ca.key, server.pem (key and certificate, of the nodes and of the tools), password (of the
user weir), admin-password (of admin, whom no ACL binds), admin.properties (for the tools' --command-config).
"""
import os
import secrets
import subprocess

from kafka import Failure, program

SCRAM = "SCRAM-SHA-256", "SCRAM-SHA-512"
USERS = {"weir": "password", "admin": "admin-password"}  # user: the file with the password
PLAIN_LOGIN = "org.apache.kafka.common.security.plain.PlainLoginModule required"
DAYS = "3650"


def make_certificates(folder):
    """A CA, and a certificate signed by it that serves 127.0.0.1 and localhost."""
    openssl = program("openssl", "openssl")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", DAYS]
    authority = ["-subj", "/CN=weir test CA", "-keyout", "ca.key", "-out", "ca.pem",
                 "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    server = ["-subj", "/CN=127.0.0.1", "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key",
              "-out", "server.crt", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
              "-addext", "basicConstraints=critical,CA:FALSE", "-addext", "extendedKeyUsage=serverAuth,clientAuth"]
    for arguments in authority, server:
        done = subprocess.run([openssl, "req", "-x509", *new_key, *arguments], cwd=folder, capture_output=True,
                              text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"openssl could not make a certificate: {done.stderr.strip()}")
    key, certificate = folder / "server.key", folder / "server.crt"
    write_secret(folder / "server.pem", key.read_text(encoding="ascii") + certificate.read_text(encoding="ascii"))
    key.unlink()
    certificate.unlink()


def make_passwords(folder):
    for name in USERS.values():
        write_secret(folder / name, secrets.token_hex(16) + "\n")


def write_secret(path, text):
    """Writes a file that only its owner may read."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def password(folder, user):
    return (folder / USERS[user]).read_text(encoding="ascii").strip()


def protocol(tls, sasl):
    """Kafka's name for the listener's security."""
    return {(False, False): "PLAINTEXT", (True, False): "SSL", (False, True): "SASL_PLAINTEXT",
            (True, True): "SASL_SSL"}[tls, sasl]


def tls_properties(folder):
    return {"ssl.keystore.type": "PEM", "ssl.keystore.location": folder / "server.pem",
            "ssl.truststore.type": "PEM", "ssl.truststore.location": folder / "ca.pem"}


def node_properties(folder, tls, sasl):
    """What a node needs beside its listeners."""
    properties = tls_properties(folder) if tls else {}
    if sasl:
        users = " ".join(f'user_{user}="{password(folder, user)}"' for user in USERS)
        login = f'{PLAIN_LOGIN} username="admin" password="{password(folder, "admin")}" {users};'
        scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        properties |= {
            "sasl.enabled.mechanisms": ",".join(("PLAIN", *SCRAM)),
            "sasl.mechanism.inter.broker.protocol": "PLAIN",
            "listener.name.client.plain.sasl.jaas.config": login,
            **{f"listener.name.client.{name.lower()}.sasl.jaas.config": scram for name in SCRAM},
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "allow.everyone.if.no.acl.found": "true",
            # ANONYMOUS is whoever comes by the controllers' listener, which has no log-in: the nodes.
            "super.users": "User:admin;User:ANONYMOUS",
        }
    return properties


def scram_options(folder):
    """Options of kafka-storage that make the SCRAM credentials of the user weir."""
    return [part for name in SCRAM
            for part in ("--add-scram", f"{name}=[name=weir,password={password(folder, 'weir')}]")]


def admin_properties(folder, tls, sasl):
    """What Kafka's tools need to reach the broker as admin."""
    properties = {"security.protocol": protocol(tls, sasl), **(tls_properties(folder) if tls else {})}
    if sasl:
        login = f'{PLAIN_LOGIN} username="admin" password="{password(folder, "admin")}";'
        properties |= {"sasl.mechanism": "PLAIN", "sasl.jaas.config": login}
    return properties


def write_properties(path, properties):
    write_secret(path, "".join(f"{name}={value}\n" for name, value in properties.items()))
