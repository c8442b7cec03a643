// Bytes in, named tensors out: this module turns checkpoint files into HostCore's `Checkpoint`.
//
// Files are data, never programs. Every size, offset and count is compared with the real file before it is used, and
// whatever a file asks for that tensors do not need is refused by name.
