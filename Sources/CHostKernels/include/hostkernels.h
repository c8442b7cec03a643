#ifndef HOSTKERNELS_H
#define HOSTKERNELS_H
#endif
