// HostCheckpoints
