#ifndef YINHE_COPENSSL_SHIM_H
#define YINHE_COPENSSL_SHIM_H

// OpenSSL 3.0 or later, libcrypto and libssl. The inline functions below give Swift what OpenSSL offers as macros.
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "Yinhe needs OpenSSL 3.0 or later (Debian 12: apt-get install libssl-dev)"
#endif

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#endif
