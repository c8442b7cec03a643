// Every step of a pass that is not a product.
#include "device.inc"
#include "elements.inc"
