# The stack of one round on AWS: one round is one state. What it shares with the
# maker of rehearsals is read from ../layout.json, ../iam and ../tasks.
terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.32"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# CloudFront's firewall and the billing metrics live here and nowhere else.
provider "aws" {
  alias  = "global"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}
