// HostTokenizers
