// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/signature.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

enum { TCP = 6, UDP = 17 };

#define FIRST(octets) (UINT64_MAX << (64 - 8 * (octets)))

const char *const signature_name[SIGNATURE_COUNT] = {
    [SIGNATURE_SSH] = "SSH",
    [SIGNATURE_TLS] = "TLS",
    [SIGNATURE_HTTP] = "HTTP",
    [SIGNATURE_RDP] = "RDP",
    [SIGNATURE_SMB] = "SMB",
    [SIGNATURE_VNC] = "VNC",
    [SIGNATURE_BITTORRENT] = "BitTorrent",
    [SIGNATURE_QUIC] = "QUIC",
    [SIGNATURE_DTLS] = "DTLS",
    [SIGNATURE_WIREGUARD] = "WireGuard",
};

// What the octets must be where the mask has bits, the first octet highest. What two protocols have
// in common (OPTIONS of HTTP, RTSP and SIP; "220 " of SMTP and FTP) has no row.
static const struct row {
    uint64_t mask;
    char octets[8];
    uint8_t protocol;
    uint8_t signature;
    uint8_t bytes; // that the payload must have; 0: any
} rows[] = {
    // A record (handshake, version 3.x, under 16 KiB) and a hello under 64 KiB in it.
    {0xfffff8c000ffff00, "\x16\x03\0\0\0\x01\0\0", TCP, SIGNATURE_TLS, 0},
    {0xfffff8c000ffff00, "\x16\x03\0\0\0\x02\0\0", TCP, SIGNATURE_TLS, 0},
    {FIRST(6), "SSH-2.", TCP, SIGNATURE_SSH, 0},
    {FIRST(6), "SSH-1.", TCP, SIGNATURE_SSH, 0},
    {FIRST(7), "HTTP/1.", TCP, SIGNATURE_HTTP, 0},
    {FIRST(5), "GET /", TCP, SIGNATURE_HTTP, 0},
    {FIRST(8), "GET http", TCP, SIGNATURE_HTTP, 0},
    {FIRST(6), "HEAD /", TCP, SIGNATURE_HTTP, 0},
    {FIRST(6), "POST /", TCP, SIGNATURE_HTTP, 0},
    {FIRST(8), "POST htt", TCP, SIGNATURE_HTTP, 0},
    {FIRST(5), "PUT /", TCP, SIGNATURE_HTTP, 0},
    {FIRST(7), "PATCH /", TCP, SIGNATURE_HTTP, 0},
    {FIRST(8), "DELETE /", TCP, SIGNATURE_HTTP, 0},
    {FIRST(8), "CONNECT ", TCP, SIGNATURE_HTTP, 0},
    {0xffffff0000ffffff, "\x03\0\0\0\0\xe0\0\0", TCP, SIGNATURE_RDP, 0},
    {0xffffff0000ff0000, "\x03\0\0\0\0\xd0\0\0", TCP, SIGNATURE_RDP, 0},
    {0xffff0000ffffffff, "\0\0\0\0\xffSMB", TCP, SIGNATURE_SMB, 0},
    {0xffff0000ffffffff, "\0\0\0\0\xfeSMB", TCP, SIGNATURE_SMB, 0},
    {FIRST(8), "RFB 003.", TCP, SIGNATURE_VNC, 0},
    {FIRST(8),
     "\x13"
     "BitTorr",
     TCP, SIGNATURE_BITTORRENT, 0},
    // Long header, version, connection id of up to 20 octets.
    {0xc0ffffffffe00000, "\xc0\0\0\0\x01\0\0\0", UDP, SIGNATURE_QUIC, 0},
    {0xc0ffffffffe00000, "\xc0\x6b\x33\x43\xcf\0\0\0", UDP, SIGNATURE_QUIC, 0},
    {0xc0ffffff00e00000, "\xc0\xff\0\0\0\0\0\0", UDP, SIGNATURE_QUIC, 0},
    // Handshake, version 1.0 or 1.2, epoch 0, the first of the sequence number.
    {0xfffffdffffffffff, "\x16\xfe\xfd\0\0\0\0\0", UDP, SIGNATURE_DTLS, 0},
    // Initiation and response are always as long.
    {FIRST(4), "\x01\0\0\0", UDP, SIGNATURE_WIREGUARD, 148},
    {FIRST(4), "\x02\0\0\0", UDP, SIGNATURE_WIREGUARD, 92},
};

// Rows of a length are UDP's.
static bool has_length(const struct row *row, const struct facts *facts)
{
    enum { IPV4_BYTES = 20, IPV6_BYTES = 40, UDP_BYTES = 8 };
    const uint32_t headers =
        (facts->key.scope & KEY_IPV6 ? IPV6_BYTES : IPV4_BYTES) + (uint32_t)UDP_BYTES;
    return row->bytes == 0 || facts->bytes == headers + row->bytes;
}

enum signature signature_tell(const struct facts *facts)
{
    const uint8_t protocol = (uint8_t)facts->key.vni_protocol;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t octets;
        memcpy(&octets, rows[i].octets, sizeof(octets));
        const uint64_t differ = facts->payload ^ octets;
        if ((be64toh(differ) & rows[i].mask) == 0 && rows[i].protocol == protocol &&
            has_length(&rows[i], facts)) {
            return (enum signature)rows[i].signature;
        }
    }
    return SIGNATURE_OTHER;
}
