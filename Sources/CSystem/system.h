// What Swift needs of C: headers of the C library that the Glibc module leaves out, and calls that Swift cannot make.
#ifdef __linux__
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#endif

// Functions with a variable number of arguments, as curl_easy_setopt; some systems pass these in another way than others.
static inline int host_set_number(void *_Nonnull function, void *_Nonnull handle, int option, long value) {
    return ((int (*)(void *, int, ...))function)(handle, option, value);
}

static inline int host_set_pointer(void *_Nonnull function, void *_Nonnull handle, int option, const void *_Nullable value) {
    return ((int (*)(void *, int, ...))function)(handle, option, value);
}
