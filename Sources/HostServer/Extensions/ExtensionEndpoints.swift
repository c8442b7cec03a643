import HostCore
import HostExtensions
import HostHTTP

/// `GET /v1/internal/extensions`: each extension that was named, whether it is on, and why not.
struct ExtensionListEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let text = context.configuration.publicText
        let list = context.configuration.extensions.statuses.map { status -> JSONValue in
            [
                "name": .string(status.name), "active": .bool(status.problem == nil),
                "origin": status.origin.map(JSONValue.string) ?? .null,
                "error": status.problem.map { .string(text($0.description)) } ?? .null,
                "error_code": status.problem.map { .string($0.kind.rawValue) } ?? .null,
                "loaders": .array(status.loaders.map(JSONValue.string)), "routes": .array(status.routes.map(JSONValue.string)),
            ]
        }
        return .json(["extensions": .array(list)])
    }
}

/// `/extensions/NAME/…`: what an extension answers itself.
struct ExtensionRouteEndpoint: Endpoint {
    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let parts = (context.pathParameter ?? "").split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0]), path = parts.count > 1 ? String(parts[1]) : ""
        let extensions = context.configuration.extensions
        let method = request.method == "HEAD" ? "GET" : request.method
        guard let endpoint = extensions.endpoint(method, extension: name, path: path) else {
            let methods = extensions.methods(extension: name, path: path)
            if methods.isEmpty { throw APIError.notFound }
            throw APIError.wrongMethod(method, allowed: methods)
        }
        let asked = ExtensionRequest(method: method, path: path, query: Dictionary(request.query.map { ($0.name, $0.value) }) { $1 }, body: request.body.take())
        let answer: ExtensionResponse
        do {
            answer = try await endpoint.handler(asked)
        } catch let error as JSONError {
            throw error
        } catch {
            context.log.error("request \(context.requestID), extension \(name): \(error)")
            throw APIError(status: 500, message: context.configuration.publicText("The extension \(name) failed: \(error)"), code: "extension_error")
        }
        guard (200...599).contains(answer.status), !answer.contentType.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
            throw APIError(status: 500, message: "The extension \(name) returned an invalid answer.", code: "extension_error")
        }
        return HTTPResponse(
            status: answer.status, headers: HTTPHeaders([("Content-Type", answer.contentType)]), body: .bytes(answer.body))
    }
}
