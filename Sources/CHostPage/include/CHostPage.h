// The files of the page as bytes, so that none has to be found at run time.
#ifndef CHOSTPAGE_H
#define CHOSTPAGE_H

#include <stddef.h>

#pragma clang assume_nonnull begin

typedef struct PageFile {
    /// Below `files/`, such as `lib/dom.js`.
    const char *path;
    const unsigned char *bytes;
    size_t byteCount;
} PageFile;

const PageFile *page_files(size_t *count);

#pragma clang assume_nonnull end
#endif
