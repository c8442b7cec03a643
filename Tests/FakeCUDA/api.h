// How the driver's functions are written here. Handles are pointers to our own things; the names end as the driver's do.
#pragma once
#include <mutex>
#include "driver.h"

using CUresult = int;
using CUdeviceptr = unsigned long long;

/// One call at a time: what several threads do at once on a device takes turns anyway.
extern std::recursive_mutex driverLock;

#define API extern "C" __attribute__((visibility("default"))) CUresult
#define ENTER                                                     \
    std::lock_guard<std::recursive_mutex> hold(driverLock);       \
    if (int code_ = enter(__func__)) return code_
/// Of all that needs a context: one has to be current, and nothing may have failed in it.
#define ENTER_CONTEXT                                             \
    ENTER;                                                        \
    if (!currentContext()) return fail(201, std::string(__func__) + ": no context is current"); \
    if (currentContext()->failure) return currentContext()->failure
/// Of all that would make streams wait for each other.
#define NOT_IN_CAPTURE                                            \
    if (int code_ = refuseInCapture(__func__)) return code_
