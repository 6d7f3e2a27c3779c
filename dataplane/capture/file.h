// SPDX-License-Identifier: Apache-2.0
// One capture file as a source: what every format has in common. A format is a reader that walks
// along an input's window and fills packets from the records that are whole in it.
#ifndef WEIR_CAPTURE_FILE_H
#define WEIR_CAPTURE_FILE_H

#include "dataplane/capture/capture.h"
#include "dataplane/capture/input.h"

struct capture_file;

// A record says how long it is; beyond this it is taken for damaged. What capture tools use.
#define FILE_CAPTURED_BYTES_MAX (256u << 10)

struct file_format {
    const char *name;
    size_t header_bytes; // what `open` reads

    // Whether a file that begins with these four octets is of this format.
    bool (*matches)(const uint8_t *magic);

    // Reads the file's header, which stands in the window, and sets file->reader. Returns 0, or a
    // negative errno with a message.
    int (*open)(struct capture_file *file, struct error *err);

    // Takes the records that are whole in the window until `count` packets are filled. Returns how
    // many are. May call file_fail.
    unsigned (*take)(struct capture_file *file, struct packet *packets, unsigned count);

    // How many octets the record at the window's front needs; 0 after file_fail.
    size_t (*need)(struct capture_file *file);

    void (*close)(struct capture_file *file); // frees file->reader, which may be NULL
};

struct capture_file {
    struct capture base;
    struct input *input;
    const struct file_format *format;
    void *reader; // the format's own
    bool ended;
    int64_t last_us; // of the packet given out last
    struct capture_stats stats;
    size_t loss_count;
    struct capture_loss losses[CAPTURE_LOSSES_MAX];
    char name[sizeof(((struct capture_loss *)0)->file)];
};

extern const struct file_format pcap_format;
extern const struct file_format pcapng_format;

// Opens one file ("-": standard input) as a source. Errors as of capture_open_files.
int file_open(struct capture **capture, const char *path, enum input_way way, struct error *err);

// For formats: notes a loss at the window's front. Ends the file there.
void file_fail(struct capture_file *file, const char *cause, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// For formats: names a link type that no parser knows and the offset of its first packet. Counting
// is left to the format.
void file_refuse_link_type(struct capture_file *file, uint16_t link_number, uint64_t offset);

#endif
