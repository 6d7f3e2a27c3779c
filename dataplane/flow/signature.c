// SPDX-License-Identifier: Apache-2.0
#include "dataplane/flow/signature.h"

#include <endian.h>
#include <stddef.h>
#include <string.h>

// A mask with the first octet highest, as it lies over the octets in memory.
#if __BYTE_ORDER == __LITTLE_ENDIAN
#define MASK(mask) __builtin_bswap64(mask)
#else
#define MASK(mask) (mask)
#endif
#define FIRST(octets) MASK(UINT64_MAX << (64 - 8 * (octets)))

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

struct row {
    uint64_t mask;
    char octets[8]; // what they must be where the mask has bits
    uint8_t signature;
    uint8_t bytes; // that the payload must have; 0: any
};

// What two protocols have in common (OPTIONS of HTTP, RTSP and SIP; "220 " of SMTP and FTP) has no
// row.
static const struct row tcp_rows[] = {
    // A record (handshake, version 3.x, under 16 KiB) and a hello under 64 KiB in it.
    {MASK(0xfffff8c000ffff00), "\x16\x03\0\0\0\x01\0\0", SIGNATURE_TLS, 0},
    {MASK(0xfffff8c000ffff00), "\x16\x03\0\0\0\x02\0\0", SIGNATURE_TLS, 0},
    {FIRST(7), "HTTP/1.", SIGNATURE_HTTP, 0},
    {FIRST(5), "GET /", SIGNATURE_HTTP, 0},
    {FIRST(6), "POST /", SIGNATURE_HTTP, 0},
    {FIRST(6), "SSH-2.", SIGNATURE_SSH, 0},
    {FIRST(6), "SSH-1.", SIGNATURE_SSH, 0},
    {FIRST(8), "GET http", SIGNATURE_HTTP, 0},
    {FIRST(8), "POST htt", SIGNATURE_HTTP, 0},
    {FIRST(6), "HEAD /", SIGNATURE_HTTP, 0},
    {FIRST(5), "PUT /", SIGNATURE_HTTP, 0},
    {FIRST(7), "PATCH /", SIGNATURE_HTTP, 0},
    {FIRST(8), "DELETE /", SIGNATURE_HTTP, 0},
    {FIRST(8), "CONNECT ", SIGNATURE_HTTP, 0},
    {MASK(0xffffff0000ffffff), "\x03\0\0\0\0\xe0\0\0", SIGNATURE_RDP, 0},
    {MASK(0xffffff0000ff0000), "\x03\0\0\0\0\xd0\0\0", SIGNATURE_RDP, 0},
    {MASK(0xffff0000ffffffff), "\0\0\0\0\xffSMB", SIGNATURE_SMB, 0},
    {MASK(0xffff0000ffffffff), "\0\0\0\0\xfeSMB", SIGNATURE_SMB, 0},
    {FIRST(8), "RFB 003.", SIGNATURE_VNC, 0},
    {FIRST(8),
     "\x13"
     "BitTorr",
     SIGNATURE_BITTORRENT, 0},
};

static const struct row udp_rows[] = {
    // Long header, version, connection id of up to 20 octets.
    {MASK(0xc0ffffffffe00000), "\xc0\0\0\0\x01\0\0\0", SIGNATURE_QUIC, 0},
    {MASK(0xc0ffffffffe00000), "\xc0\x6b\x33\x43\xcf\0\0\0", SIGNATURE_QUIC, 0},
    {MASK(0xc0ffffff00e00000), "\xc0\xff\0\0\0\0\0\0", SIGNATURE_QUIC, 0},
    // Handshake, version 1.0 or 1.2, epoch 0, the first of the sequence number.
    {MASK(0xfffffdffffffffff), "\x16\xfe\xfd\0\0\0\0\0", SIGNATURE_DTLS, 0},
    // Initiation and response are always as long.
    {FIRST(4), "\x01\0\0\0", SIGNATURE_WIREGUARD, 148},
    {FIRST(4), "\x02\0\0\0", SIGNATURE_WIREGUARD, 92},
};

// Rows of a length are UDP's.
static bool has_length(const struct row *row, const struct facts *facts)
{
    enum { IPV4_BYTES = 20, IPV6_BYTES = 40, UDP_BYTES = 8 };
    const uint32_t headers =
        (facts->key.scope & KEY_IPV6 ? IPV6_BYTES : IPV4_BYTES) + (uint32_t)UDP_BYTES;
    return row->bytes == 0 || facts->bytes == headers + row->bytes;
}

static enum signature row_find(const struct row *rows, size_t count, const struct facts *facts)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t octets;
        memcpy(&octets, rows[i].octets, sizeof(octets));
        if (__builtin_expect(((facts->payload ^ octets) & rows[i].mask) == 0, 0) &&
            has_length(&rows[i], facts)) {
            return (enum signature)rows[i].signature;
        }
    }
    return SIGNATURE_OTHER;
}

enum signature signature_tell(const struct facts *facts)
{
    enum { TCP = 6 };
    return (uint8_t)facts->key.vni_protocol == TCP
               ? row_find(tcp_rows, sizeof(tcp_rows) / sizeof(tcp_rows[0]), facts)
               : row_find(udp_rows, sizeof(udp_rows) / sizeof(udp_rows[0]), facts);
}
