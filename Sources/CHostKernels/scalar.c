#include "hostkernels.h"
