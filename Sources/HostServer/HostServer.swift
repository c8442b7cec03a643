// HostServer: one route table over the generation pipeline, and the HTTP dialects that clients speak.
//
// A request comes in through `HostHandler`, passes the rules of `Access`, finds its route in `Routing/RouteTable.swift`
// and is answered by an `Endpoint`. Dialects (`OpenAI`, `WebUI`) read fields into a `GenerationRequest` and render the
// same generation events as one JSON answer or as a stream. To add an endpoint: write a struct that is an `Endpoint`,
// and add its line to the route table.
