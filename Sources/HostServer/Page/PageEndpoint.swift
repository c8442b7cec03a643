import HostCore
import HostHTTP

/// Serves one of the page's own files.
struct PageEndpoint: Endpoint {
    let contentType: String
    let text: String

    static let html = PageEndpoint(contentType: "text/html; charset=utf-8", text: PageText.html)
    static let style = PageEndpoint(contentType: "text/css; charset=utf-8", text: PageText.style)
    static let script = PageEndpoint(contentType: "text/javascript; charset=utf-8", text: PageText.script)

    static let icon = PageEndpoint(contentType: "image/svg+xml", text: PageText.icon)

    /// Nothing from elsewhere, nothing inline: what a model writes cannot become code on the page.
    private static let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        + "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    func respond(to request: HTTPRequest, in context: EndpointContext) async throws -> HTTPResponse {
        let settings = #"<body data-version="\#(context.configuration.version)""#
            + #" data-stream="\#(context.configuration.pageStreams)""#
            + #" data-temperature="\#(context.configuration.sampling.temperature)""#
            + #" data-top_p="\#(context.configuration.sampling.topP)" data-top_k="\#(context.configuration.sampling.topK)">"#
        return HTTPResponse(
            status: 200,
            headers: HTTPHeaders([
                ("Content-Type", contentType), ("Cache-Control", "no-cache"),
                ("Content-Security-Policy", PageEndpoint.policy), ("Referrer-Policy", "no-referrer"),
            ]), body: .bytes(Array(text.replacing("<body>", with: settings).utf8)))
    }
}

/// The page's files; each is in a source file of its own.
enum PageText {}
