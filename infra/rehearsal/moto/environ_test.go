package moto

import (
	"slices"
	"testing"
)

func TestMotoSeesLittleOfTheEnvironment(t *testing.T) {
	got := inherited([]string{
		"PATH=/bin", "AWS_SECRET_ACCESS_KEY=hush", "MOTO_DOCKER_HOST=x", "PYENV_ROOT=/p", "HTTPS_PROXY=p", "HOME=/h", "PYTHONPATH=/x",
	})
	if want := []string{"PATH=/bin", "PYENV_ROOT=/p", "HOME=/h"}; !slices.Equal(got, want) {
		t.Errorf("moto inherits %q, want %q", got, want)
	}
}
