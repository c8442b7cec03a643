// RWKVLoaderHF
