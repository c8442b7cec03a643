// RWKVLoaderPTH
