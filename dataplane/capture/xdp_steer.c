// SPDX-License-Identifier: Apache-2.0
#include "dataplane/capture/xdp_steer.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include <steer.skel.h>

#include "dataplane/capture/xdp_attached.h"
#include "dataplane/capture/xdp_steer_maps.h"

enum {
    // Where the dispatcher calls the program, the smallest number first; others are 50 unless they
    // say otherwise. A tap is to see what comes in, whatever others do with it; what is taken is
    // first seen by all others.
    PRIORITY_TAP = 10,
    PRIORITY_TAKE = 90,
};

static int load_failed(const char *what, const struct interface *interface, int code,
                       struct error *err)
{
    if (code == -EPERM || code == -EACCES) {
        return error_set(err, -EPERM,
                         "%s: no right to %s; expected root, or the capabilities CAP_NET_ADMIN, "
                         "CAP_NET_RAW, CAP_BPF and CAP_PERFMON",
                         interface->name, what);
    }
    if (code == -EBUSY || code == -EEXIST) { // EEXIST: it is in the driver, ours to be behind it
        return error_set(err, -EBUSY,
                         "%s: another XDP program is there that does not share the interface "
                         "(xdp-loader status %s shows it): take it off, or load it through libxdp",
                         interface->name, interface->name);
    }
    return error_set(err, code, "%s: cannot %s: %s", interface->name, what, strerror(-code));
}

static void skeleton_unload(struct xdp_steer *steer)
{
    xdp_program__close(steer->program);
    steer__destroy(steer->skeleton);
    steer->program = NULL;
    steer->skeleton = NULL;
}

static int skeleton_load(struct xdp_steer *steer, const struct steer_settings *settings,
                         const struct interface *interface, unsigned total, struct error *err)
{
    struct steer *skeleton = steer__open();
    if (skeleton == NULL) {
        return load_failed("open the XDP program", interface, -errno, err);
    }
    steer->skeleton = skeleton;
    // The skeleton's own type for it, of the same layout.
    memcpy((void *)&skeleton->rodata->settings, settings, sizeof(*settings));
    bpf_map__set_max_entries(skeleton->maps.sockets, total);
    bpf_map__set_max_entries(skeleton->maps.copies, total);
    bpf_map__set_max_entries(skeleton->maps.counts, total * steer->cpus);
    steer->program = xdp_program__from_bpf_obj(skeleton->obj, "xdp.frags");
    long code = libxdp_get_error(steer->program);
    if (code != 0) {
        steer->program = NULL;
        return load_failed("prepare the XDP program", interface, (int)code, err);
    }
    xdp_program__set_run_prio(steer->program, settings->tap ? PRIORITY_TAP : PRIORITY_TAKE);
    return 0;
}

// libxdp loads the program along with the dispatcher it is to stand in. Where there can be none it
// attaches the program alone, if nothing else is attached yet.
static int attach_shared(struct xdp_steer *steer, enum xdp_attach_mode mode)
{
    int code = xdp_program__attach(steer->program, (int)steer->index, mode, 0);
    if (code == 0) {
        steer->attached = true;
        steer->id = xdp_program__id(steer->program);
        steer->program_fd = xdp_program__fd(steer->program);
    }
    return code;
}

// For a user with the capabilities but without a right to libxdp's folder in the BPF file system.
static int attach_alone(struct xdp_steer *steer, enum xdp_attach_mode mode)
{
    int code = bpf_object__load(steer->skeleton->obj);
    if (code != 0) {
        return code;
    }
    struct bpf_prog_info info = {0};
    uint32_t bytes = sizeof(info);
    steer->program_fd = bpf_program__fd(steer->skeleton->progs.weir_steer);
    code = bpf_obj_get_info_by_fd(steer->program_fd, &info, &bytes);
    if (code != 0) {
        return code;
    }
    steer->id = info.id;
    uint32_t flags = mode == XDP_MODE_SKB ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
    code = bpf_xdp_attach((int)steer->index, steer->program_fd, flags | XDP_FLAGS_UPDATE_IF_NOEXIST,
                          NULL);
    steer->attached = code == 0;
    return code;
}

// A program that one attempt has loaded will not do for another.
static int attach(struct xdp_steer *steer, enum xdp_attach_mode mode,
                  const struct steer_settings *settings, const struct interface *interface,
                  unsigned total, struct error *err)
{
    int code = skeleton_load(steer, settings, interface, total, err);
    if (code != 0) {
        return code;
    }
    steer->generic = mode == XDP_MODE_SKB;
    code = attach_shared(steer, mode);
    if (code == -EPERM || code == -EACCES) {
        skeleton_unload(steer);
        code = skeleton_load(steer, settings, interface, total, err);
        if (code != 0) {
            return code;
        }
        code = attach_alone(steer, mode);
    }
    return code == 0 ? 0 : load_failed("attach the XDP program", interface, code, err);
}

static int attempt(struct xdp_steer *steer, enum xdp_attach_mode mode,
                   const struct steer_settings *settings, const struct interface *interface,
                   const struct live_options *options, unsigned total, struct error *err)
{
    int code = attach(steer, mode, settings, interface, total, err);
    if (code != 0) {
        return code;
    }
    code = xdp_attached_id(steer->index, &steer->main_id);
    if (code != 0) {
        return load_failed("ask for the attached XDP program", interface, code, err);
    }
    steer->alone = steer->main_id == steer->id;
    code = xdp_steer_counts_map(steer, total);
    if (code != 0) {
        return load_failed("map the XDP program's counters", interface, code, err);
    }
    return xdp_steer_prefixes_put(steer, options, err);
}

// Where it is not to be tried otherwise, the operator is told what would work.
static int native_refused(const struct interface *interface, const struct live_options *options,
                          int code, struct error *err)
{
    if (options->xdp.attach != LIVE_XDP_NATIVE || code == -EPERM || code == -EBUSY) {
        return code;
    }
    return error_set(err, code,
                     "%s: the driver cannot run the XDP program (%s); expected "
                     "capture.af_xdp.attach=auto or generic",
                     interface->name, strerror(-code));
}

int xdp_steer_open(struct xdp_steer *steer, const struct interface *interface,
                   const struct live_options *options, const unsigned *queues, unsigned count,
                   unsigned total, uint32_t seed, struct error *err)
{
    static const enum xdp_attach_mode modes[] = {XDP_MODE_NATIVE, XDP_MODE_SKB};
    unsigned from = options->xdp.attach == LIVE_XDP_GENERIC ? 1 : 0;
    unsigned to = options->xdp.attach == LIVE_XDP_NATIVE ? 1 : 2;

    struct steer_settings settings = {0};
    int cpus = libbpf_num_possible_cpus();
    settings.cpus = cpus > 0 ? (unsigned)cpus : 1;
    int native_error = 0;
    int code = xdp_steer_settings(&settings, options, queues, count, total, seed, err);
    for (unsigned i = from; code == 0 && i < to; i++) {
        *steer = (struct xdp_steer){.index = interface->index, .cpus = settings.cpus};
        code = attempt(steer, modes[i], &settings, interface, options, total, err);
        if (code == 0) {
            steer->native_error = native_error;
            return 0;
        }
        xdp_steer_detach(steer);
        xdp_steer_close(steer);
        if (code != -EPERM && i + 1 < to) {
            native_error = code;
            code = 0;
        } else {
            return native_refused(interface, options, code, err);
        }
    }
    return code;
}

void xdp_steer_prepare(void)
{
    libbpf_set_print(NULL);
    libxdp_set_print(NULL);
    setenv(XDP_BPFFS_MOUNT_ENVVAR, "1", 0);
}

bool xdp_steer_bpffs(void)
{
    const char *path = getenv(XDP_BPFFS_ENVVAR);
    struct statfs fs;
    return statfs(path != NULL ? path : "/sys/fs/bpf", &fs) == 0 &&
           (uint32_t)fs.f_type == BPF_FS_MAGIC;
}

int xdp_steer_detach(struct xdp_steer *steer)
{
    if (!steer->attached) {
        return 0;
    }
    steer->attached = false;
    if (steer->alone) { // and only where it is still ours that is there
        LIBBPF_OPTS(bpf_xdp_attach_opts, ours, .old_prog_fd = steer->program_fd);
        return bpf_xdp_detach((int)steer->index,
                              steer->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE, &ours);
    }
    return xdp_program__detach(steer->program, (int)steer->index,
                               steer->generic ? XDP_MODE_SKB : XDP_MODE_NATIVE, 0);
}

void xdp_steer_close(struct xdp_steer *steer)
{
    if (steer->counts != NULL) {
        munmap(steer->counts, steer->counts_bytes);
    }
    skeleton_unload(steer);
    *steer = (struct xdp_steer){0};
}
