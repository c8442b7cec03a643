// HostServer
