// SPDX-License-Identifier: Apache-2.0
// The file with the definitions of all queries: a JSON array. Any thread, one at a time for a file.
#ifndef WEIR_QUERY_QUERY_FILE_H
#define WEIR_QUERY_QUERY_FILE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/query/query.h"
#include "dataplane/base/error.h"

// Which file it was that was read or written last: nobody else's change is overwritten.
struct query_file_seen {
    uint64_t device;
    uint64_t file; // 0: there was none
    int64_t bytes;
    int64_t changed_ns;
};

// Reads at most `max` definitions, no name twice, with their revisions: *queries is to be freed and
// holds *count. A file that is not there has none. 0, or -EINVAL, -ENOMEM or what stands
// in the way of reading, with a message that names the file and, where it is one's, the query (from
// 1) and the member; nothing is changed then.
int query_file_read(const char *path, unsigned max, int64_t pane_us, struct query **queries,
                    size_t *count, struct query_file_seen *seen, struct error *err);

// Writes the whole file beside the old one and puts it in its place, as soon as it is on the disk:
// what stands there is always whole. Blocks as long as that takes. 0, or -EIO with a message: the
// old one is still in place; also where it is not the one that was seen.
int query_file_write(const char *path, const json_t *definitions, struct query_file_seen *seen,
                     struct error *err);

#endif
