// Two Linux headers that the Glibc module of Swift leaves out; empty elsewhere.
#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif
