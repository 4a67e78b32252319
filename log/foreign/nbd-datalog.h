/* SPDX-License-Identifier: BSD-3-Clause */
/* The transaction log of nbd-server that holds data. */
#ifndef POWERCUT_LOG_FOREIGN_NBD_DATALOG_H
#define POWERCUT_LOG_FOREIGN_NBD_DATALOG_H

#include "log/foreign/importer.h"

/* Walk over the importer's file.  Returns 0, or -1 after a message. */
extern int nbd_datalog_import (struct importer *importer);

#endif
