// Every step of a pass that is neither a product nor a recurrence.
#include "device.inc"
#include "elements.inc"
#include "columns.inc"
#include "norms.inc"
#include "measure.inc"
