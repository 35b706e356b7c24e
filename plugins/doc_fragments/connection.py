# Copyright: Contributors to the cloudstack.ops project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options that say where the server is and who asks; they follow SETTINGS of module_utils/client/settings.py."""

    DOCUMENTATION = r"""
options:
  api_url:
    description:
      - URL of the API, for example V(https://cloud.example.com/client/api).
      - Falls back to E(CLOUDSTACK_ENDPOINT), then to C(url) of the profile that O(api_profile) names.
    type: str
  api_key:
    description:
      - API key of the user who asks. Give O(api_secret) with it, or O(api_username) and O(api_password) instead.
      - Falls back to E(CLOUDSTACK_KEY), then to C(apikey) of the profile.
    type: str
  api_secret:
    description:
      - Secret key that belongs to O(api_key).
      - Falls back to E(CLOUDSTACK_SECRET), then to C(secretkey) of the profile.
    type: str
  api_username:
    description:
      - User who logs in for a session, where there is no API key.
      - Falls back to E(CLOUDSTACK_USERNAME), then to C(username) of the profile.
    type: str
  api_password:
    description:
      - Password of O(api_username).
      - Falls back to E(CLOUDSTACK_PASSWORD), then to C(password) of the profile.
    type: str
  api_user_domain:
    description:
      - Path of the domain that O(api_username) belongs to, C(ROOT) when it is not given.
      - Falls back to E(CLOUDSTACK_USER_DOMAIN), then to C(domain) of the profile.
    type: str
  api_http_method:
    description:
      - How calls are sent. With V(post), the default, no parameter stands in a URL or in the access log of a proxy.
      - With V(get), calls that carry a secret are sent by POST all the same.
      - Falls back to E(CLOUDSTACK_METHOD).
    type: str
    choices: [post, get]
  api_timeout:
    description:
      - Seconds to wait for an answer, 300 when it is not given. Some calls, such as adding a host, answer late.
      - Falls back to E(CLOUDSTACK_TIMEOUT).
    type: float
  validate_certs:
    description:
      - Whether the certificate of the server is checked, V(true) when it is not given.
      - Falls back to E(CLOUDSTACK_VERIFY), which may hold the path of a file with CA certificates instead of a boolean,
        then to C(verifycert) of the profile.
    type: bool
  api_ca_file:
    description:
      - File with the CA certificates to check the server's certificate with, instead of the system's.
      - Falls back to E(CLOUDSTACK_CA_FILE).
    type: str
  api_proxy:
    description:
      - URL of an HTTP proxy, for example V(http://proxy.example.com:3128). The usual variables of the environment for
        proxies are not read.
      - Falls back to E(CLOUDSTACK_PROXY).
    type: str
  api_retries:
    description:
      - How often a reading call is sent again when the answer was lost, 4 when it is not given. A changing call is
        never sent again blindly.
      - Falls back to E(CLOUDSTACK_RETRIES).
    type: int
  job_timeout:
    description:
      - Seconds that one asynchronous job of the server is waited for, 3600 when it is not given. When they are over the
        task fails and names the job, which goes on at the server.
      - Falls back to E(CLOUDSTACK_JOB_TIMEOUT).
    type: float
  api_profile:
    description:
      - Profile of CloudMonkey (C(cmk)) to take from what is given neither as an option nor in the environment.
      - Without it, and without E(CLOUDSTACK_PROFILE), no profile is read.
    type: str
  api_profile_file:
    description:
      - File that holds O(api_profile), C(~/.cmk/config) when it is not given.
      - Falls back to E(CLOUDSTACK_CONFIG).
    type: str
requirements:
  - requests
"""
