// SPDX-License-Identifier: Apache-2.0
// The numbers that capture files give to link types, against those that the parser knows.
#ifndef WEIR_CAPTURE_LINK_TYPE_H
#define WEIR_CAPTURE_LINK_TYPE_H

#include <stddef.h>
#include <stdint.h>

#include "dataplane/packet/packet.h"

// The LINKTYPE_ or DLT_ number of a file header; LINK_UNSUPPORTED where no parser knows it.
enum link_type link_type_of(uint16_t number);

// Writes number and name of an unsupported type, and what is supported, as text for a person.
void link_type_refusal(uint16_t number, char *text, size_t size);

#endif
