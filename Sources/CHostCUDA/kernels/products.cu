// Products in fp32 arithmetic, for every device, and what brings weights into their layouts.
#include "device.inc"
#include "products/weights.inc"
#include "products/epilogue.inc"
#include "products/rows.inc"
#include "products/tiles.inc"
