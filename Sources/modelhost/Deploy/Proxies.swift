extension Deployment {
    /// A balancer over replicas: a conversation stays where its state is, as long as that replica is ready.
    var haproxy: String {
        """
        # /etc/haproxy/haproxy.cfg: haproxy -c -f /etc/haproxy/haproxy.cfg checks it.
        #
        # Start each replica with --listen --allowed-hosts \(name) --drain-grace 5: /health/ready then says no for five seconds
        # before a replica takes no more, and this looks elsewhere. With --state-store redis://… on all of them any replica goes on
        # with any chat; without one a conversation is read again where it moves to.
        global
            log /dev/log local0
            maxconn 4096

        defaults
            log global
            mode http
            option httplog
            option forwardfor
            timeout connect 5s
            # A request's header and body come within these.
            timeout http-request 40s
            timeout client 1h
            # Texts may take long, and a stream says that it is alive every 15 seconds.
            timeout server 1h
            timeout tunnel 1h
            timeout queue 30s
            # What could not be begun on one replica is at once begun on another.
            option redispatch 1
            retries 3

        frontend modelhost
            bind :80
            # With a certificate: bind :443 ssl crt /etc/haproxy/modelhost.pem alpn http/1.1
            default_backend replicas

        backend replicas
            # The same session goes to the same replica: by the session's header, else by what a short body says of session or
            # user, else by the key, else by the address. One that has half as much again to do as the others passes on what is more.
            option http-buffer-request
            http-request del-header X-Balance-On
            http-request set-header X-Balance-On %[req.hdr(X-Session-Id)] if { req.hdr(X-Session-Id) -m found }
            http-request set-header X-Balance-On %[req.body,json_query('$.session_id')] if !{ req.hdr(X-Balance-On) -m found } { req.body,json_query('$.session_id') -m found }
            http-request set-header X-Balance-On %[req.body,json_query('$.user')] if !{ req.hdr(X-Balance-On) -m found } { req.body,json_query('$.user') -m found }
            http-request set-header X-Balance-On %[req.hdr(Authorization)] if !{ req.hdr(X-Balance-On) -m found } { req.hdr(Authorization) -m found }
            http-request set-header X-Balance-On %[src] if !{ req.hdr(X-Balance-On) -m found }
            balance hdr(X-Balance-On)
            hash-type consistent
            hash-balance-factor 150
            option httpchk
            http-check send meth GET uri /health/ready ver HTTP/1.1 hdr Host localhost
            default-server check inter 1s fall 2 rise 1 maxconn 256
            server replica1 127.0.0.1:\(port)
            # server replica2 192.0.2.2:\(port)
        """
    }

    /// A reverse proxy with TLS.
    var nginx: String {
        """
        # /etc/nginx/conf.d/modelhost.conf: nginx -t checks it.
        #
        # Start the host with --allowed-hosts \(name); it listens on this machine alone.
        map $http_upgrade $modelhost_connection {
            default upgrade;
            '' '';
        }

        upstream modelhost {
            server 127.0.0.1:\(port);
            keepalive 32;
        }

        server {
            listen 80;
            server_name \(name);
            # With a certificate:
            # listen 443 ssl;
            # ssl_certificate /etc/nginx/modelhost.pem;
            # ssl_certificate_key /etc/nginx/modelhost.key;

            # As --max-body-size has it.
            client_max_body_size \(bodyMegabytes)m;

            location / {
                proxy_pass http://modelhost;
                proxy_http_version 1.1;
                proxy_set_header Host $host;
                proxy_set_header X-Request-Id $request_id;
                # The 2023 API streams over WebSockets.
                proxy_set_header Upgrade $http_upgrade;
                proxy_set_header Connection $modelhost_connection;
                # Tokens are passed on as they come.
                proxy_buffering off;
                proxy_read_timeout 1h;
                proxy_send_timeout 1h;
            }
        }
        """
    }

    /// What clients call the host.
    private var name: String { names.first ?? "chat.example" }
}
