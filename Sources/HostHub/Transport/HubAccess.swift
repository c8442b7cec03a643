import HostHTTP

/// Which hub is asked, with which key, and by what way: what the environment says, under the names that others use.
///
/// `HF_ENDPOINT`, `HF_TOKEN`, `HF_HUB_OFFLINE`; `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`; `CURL_CA_BUNDLE`,
/// `SSL_CERT_FILE`. Proxies may be written in lower case, too.
struct HubAccess: Sendable {
    private static let usualEndpoint = "https://huggingface.co"

    let endpoint: HubAddress
    private let token: String?
    private let environment: [String: String]

    /// - Throws: `HubError.invalid` naming the variable.
    init(environment: [String: String]) throws(HubError) {
        let set = environment.filter { !$0.value.isEmpty }
        if let offline = set["HF_HUB_OFFLINE"], !["0", "false", "no", "off"].contains(offline.lowercased()) {
            throw HubError(.denied, "HF_HUB_OFFLINE", "is set, so nothing is fetched", advice: "Unset it to pull.")
        }
        var text = set["HF_ENDPOINT"] ?? HubAccess.usualEndpoint
        while text.hasSuffix("/") { text.removeLast() }
        guard let endpoint = HubAddress(text), !text.contains("?"), !text.contains("#") else {
            throw HubError(
                .invalid, "HF_ENDPOINT", "\"\(text.shown)\" is not the address of a hub",
                advice: "Write it as https://huggingface.co.")
        }
        token = set["HF_TOKEN"]
        if let token {
            // A line end in a header field would begin another field.
            guard token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw HubError(.invalid, "HF_TOKEN", "holds characters that no token has")
            }
            guard endpoint.isEncrypted || endpoint.isLoopback else {
                throw HubError(
                    .invalid, "HF_TOKEN", "would travel unencrypted to \(endpoint.host)",
                    advice: "Unset it, or give HF_ENDPOINT an https address.")
            }
        }
        self.endpoint = endpoint
        self.environment = set
    }

    /// Whether the hub is asked with a user's token.
    var hasToken: Bool { token != nil }

    func address(_ path: String) throws(HubError) -> HubAddress {
        guard let address = HubAddress(endpoint.text + path) else {
            throw HubError(.invalid, path.shown, "is not a path of the hub")
        }
        return address
    }

    /// A request that carries the token where it goes to the hub itself, and nowhere else.
    func request(_ address: HubAddress, _ fields: [(String, String)]) -> HubRequest {
        var fields = [("User-Agent", "modelhost"), ("Accept-Encoding", "identity")] + fields
        if let token, address.hasOrigin(of: endpoint) { fields.append(("Authorization", "Bearer \(token)")) }
        let proxy = address.isEncrypted ? variable("HTTPS_PROXY") : variable("HTTP_PROXY")
        return HubRequest(
            address: address, headers: HTTPHeaders(fields), proxy: proxy ?? variable("ALL_PROXY"), direct: variable("NO_PROXY"),
            certificates: environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"])
    }

    private func variable(_ name: String) -> String? { environment[name.lowercased()] ?? environment[name] }
}
