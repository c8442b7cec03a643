// RWKVModels
