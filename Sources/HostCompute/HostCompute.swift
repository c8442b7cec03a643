// HostCompute
