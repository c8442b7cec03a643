// Headers of the C library that the Glibc module of Swift leaves out; empty elsewhere.
#ifdef __linux__
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif
