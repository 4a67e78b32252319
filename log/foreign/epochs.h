/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs of epochs, as dm-log-writes and blklogwrites write them. */
#ifndef POWERCUT_LOG_FOREIGN_EPOCHS_H
#define POWERCUT_LOG_FOREIGN_EPOCHS_H

#include "log/foreign/importer.h"

/* Walk over the importer's file.  Returns 0, or -1 after a message. */
extern int epochs_import (struct importer *importer);

#endif
