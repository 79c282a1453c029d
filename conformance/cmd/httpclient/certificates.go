package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// certificates writes two authorities and what the first of them signed: servers (good, expired, of another name) and
// a client; a client of the second is a stranger to the server.
func certificates(folder string) error {
	own, err := newAuthority(folder, "ca")
	if err != nil {
		return err
	}
	other, err := newAuthority(folder, "other-ca")
	if err != nil {
		return err
	}
	year := 365 * 24 * time.Hour
	for _, made := range []struct {
		name    string
		by      *authority
		host    string
		expires time.Duration
	}{
		{"server", own, "localhost", year},
		{"expired", own, "localhost", -time.Hour},
		{"renamed", own, "other.example", year},
		{"client", own, "a client", year},
		{"stranger", other, "a stranger", year},
	} {
		if err := made.by.sign(folder, made.name, made.host, made.expires); err != nil {
			return err
		}
	}
	return nil
}

func newAuthority(folder, name string) (*authority, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	certificate, err := write(folder, name, template, template, key, key)
	return &authority{certificate, key}, err
}

func (a *authority) sign(folder, name, host string, expires time.Duration) error {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: host},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(expires),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if host == "localhost" {
		template.DNSNames, template.IPAddresses = []string{host}, []net.IP{net.IPv4(127, 0, 0, 1)}
	} else if name == "renamed" {
		template.DNSNames = []string{host}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	_, err = write(folder, name, template, a.certificate, key, a.key)
	return err
}

func write(folder, name string, template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := os.WriteFile(filepath.Join(folder, name+".pem"), certificate, 0o600); err != nil {
		return nil, err
	}
	secret := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private})
	if err := os.WriteFile(filepath.Join(folder, name+".key"), secret, 0o600); err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
