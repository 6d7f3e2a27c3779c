// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_attached.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "dataplane/capture/xdp_claim.h"
#include "dataplane/capture/xdp_steer.h"

enum { PROGRAMS_MAX = 10 }; // that a dispatcher has room for

int xdp_attached_id(unsigned interface, uint32_t *id)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    int code = bpf_xdp_query((int)interface, 0, &query);
    if (code != 0) {
        return code;
    }
    // prog_id is the one where there is one; several (in the driver, behind it, in hardware) have
    // fields of their own.
    *id = query.drv_prog_id != 0 ? query.drv_prog_id : query.skb_prog_id;
    if (*id == 0) {
        *id = query.prog_id;
    }
    return 0;
}

static bool left_behind(const struct xdp_program *program)
{
    return strcmp(xdp_program__name(program), XDP_STEER_NAME) == 0 &&
           !xdp_claim_program_taken(xdp_program__id(program));
}

// Takes off one program. A dispatcher without it is another dispatcher: what was read of it is
// worth nothing then. Returns whether there was one, or a negative errno.
static int clean_one(unsigned interface)
{
    struct xdp_multiprog *all = xdp_multiprog__get_from_ifindex((int)interface);
    int code = (int)libxdp_get_error(all);
    if (code != 0) {
        return code == -ENOENT ? 0 : code; // nothing attached; or no right to look at it
    }
    if (xdp_multiprog__is_legacy(all)) {
        if (left_behind(xdp_multiprog__main_prog(all))) {
            code = xdp_multiprog__detach(all);
            code = code == 0 ? 1 : code;
        }
        xdp_multiprog__close(all);
        return code;
    }
    struct xdp_program *program = NULL;
    while ((program = xdp_multiprog__next_prog(program, all)) != NULL && !left_behind(program)) {
    }
    if (program != NULL) {
        code = xdp_program__detach(program, (int)interface, xdp_multiprog__attach_mode(all), 0);
        code = code == 0 ? 1 : code;
    }
    xdp_multiprog__close(all);
    return code;
}

int xdp_attached_clean(unsigned interface)
{
    for (int cleaned = 0; cleaned < PROGRAMS_MAX; cleaned++) {
        int code = clean_one(interface);
        if (code <= 0) {
            return code < 0 ? code : cleaned;
        }
    }
    return PROGRAMS_MAX;
}

bool xdp_attached_has(unsigned interface, uint32_t id, char *name, size_t name_size)
{
    name[0] = '\0';
    struct xdp_multiprog *all = xdp_multiprog__get_from_ifindex((int)interface);
    if (libxdp_get_error(all) != 0) {
        return false;
    }
    struct xdp_program *main_program = xdp_multiprog__main_prog(all);
    snprintf(name, name_size, "%s", xdp_program__name(main_program));
    bool has = xdp_program__id(main_program) == id;
    struct xdp_program *program = NULL;
    while (!has && (program = xdp_multiprog__next_prog(program, all)) != NULL) {
        has = xdp_program__id(program) == id;
    }
    xdp_multiprog__close(all);
    return has;
}
