# SPDX-License-Identifier: Apache-2.0
"""As much of a Kafka client as it takes to ask a node how many brokers it knows, without starting a JVM."""
import socket
import ssl
import struct

METADATA, METADATA_VERSION = 3, 1
SASL_HANDSHAKE, SASL_HANDSHAKE_VERSION = 17, 0
SECONDS = 5


def brokers_known(port, certificates=None, login=None):
    """How many brokers the node at the port knows to be up, itself included; 0 if it does not answer.
    certificates: (CA, own) where the listener has TLS; login: (user, password) where it has SASL."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            if certificates:
                context = ssl.create_default_context(cafile=certificates[0])
                context.load_cert_chain(certificates[1])
                connection = context.wrap_socket(connection, server_hostname="127.0.0.1")
            with connection, connection.makefile("rwb") as stream:
                return asked(stream, login)
    except (OSError, EOFError):
        return 0


def asked(stream, login):
    if login:
        request(stream, SASL_HANDSHAKE, SASL_HANDSHAKE_VERSION, struct.pack(">h5s", 5, b"PLAIN"))
        exchange(stream, "\0{}\0{}".format(*login).encode())
    no_topics = struct.pack(">i", 0)
    return struct.unpack_from(">i", request(stream, METADATA, METADATA_VERSION, no_topics))[0]


def request(stream, key, version, body):
    """The answer's body. The header's number is always 1, and there is no name of a client."""
    return exchange(stream, struct.pack(">hhih", key, version, 1, -1) + body)[4:]


def exchange(stream, message):
    stream.write(struct.pack(">i", len(message)) + message)
    stream.flush()
    length = struct.unpack(">i", exactly(stream, 4))[0]
    return exactly(stream, length)


def exactly(stream, length):
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
